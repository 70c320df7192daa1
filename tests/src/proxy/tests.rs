//! The proxy between two plain sockets, one kind of weather after the other.

use std::io::ErrorKind;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::*;

/// For how long nothing must come where nothing may come.
const QUIET: Duration = Duration::from_millis(120);

#[tokio::test]
async fn on_a_fine_day_every_byte_arrives_both_ways_and_half_a_connection_is_one() -> Result<()> {
    let town = Town::built().await?;
    let Ends { mut client, mut server } = town.connected().await?;
    let many: Vec<u8> = (0..400_000_u32).map(|n| n as u8).collect();
    let sending = async {
        client.write_all(&many).await?;
        client.shutdown().await?;
        heard(&mut client).await
    };
    let answering = async {
        let request = heard(&mut server).await?;
        server.write_all(&request).await?;
        server.shutdown().await?;
        Ok(request)
    };
    let (answer, request) = tokio::try_join!(sending, answering)?;
    assert!(request == many && answer == many);
    town.is_empty().await?;
    let counted = town.proxy.counters();
    assert_eq!((counted.connections, counted.up, counted.down), (1, 400_000, 400_000));
    assert_eq!((counted.faults(), counted.swallowed), (0, 0));
    Ok(())
}

#[tokio::test]
async fn latency_and_jitter_delay_bytes_and_never_mix_them() -> Result<()> {
    let town = Town::built().await?;
    town.proxy.set(Weather {
        latency: Duration::from_millis(60),
        jitter: Duration::from_millis(40),
        ..Weather::default()
    });
    let Ends { mut client, mut server } = town.connected().await?;
    let began = Instant::now();
    for letter in b'a'..=b'z' {
        client.write_all(&[letter]).await?;
        tokio::task::yield_now().await;
    }
    client.shutdown().await?;
    assert_eq!(heard(&mut server).await?, (b'a'..=b'z').collect::<Vec<_>>());
    assert!(began.elapsed() >= Duration::from_millis(20), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_narrow_connection_carries_so_many_bytes_in_a_second() -> Result<()> {
    let town = Town::built().await?;
    town.proxy.set(Weather { bytes_per_second: Some(100_000), ..Weather::default() });
    let Ends { mut client, mut server } = town.connected().await?;
    let began = Instant::now();
    let sending = async {
        client.write_all(&[7; 30_000]).await?;
        client.shutdown().await?;
        Ok(())
    };
    let (received, ()) = tokio::try_join!(heard(&mut server), sending)?;
    assert_eq!(received.len(), 30_000);
    assert!(began.elapsed() >= Duration::from_millis(280), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_cut_after_so_many_bytes_lets_exactly_those_pass_and_happens_once() -> Result<()> {
    for direction in [Direction::Up, Direction::Down] {
        let town = Town::built().await?;
        let Ends { client, server } = town.connected().await?;
        let (mut from, mut to) = match direction {
            Direction::Up => (client, server),
            Direction::Down => (server, client),
        };
        town.proxy.cut_after(direction, 7);
        from.write_all(b"0123456789").await?;
        let mut received = Vec::new();
        let end = within(to.read_to_end(&mut received)).await?;
        assert_eq!(end.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
        assert!(b"0123456".starts_with(&received), "{received:?}");
        assert!(heard(&mut from).await.is_err(), "the sender hears of it as well");
        let counted = town.proxy.counters();
        assert_eq!((counted.up + counted.down, counted.cuts), (7, 1));
        town.carries().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_cut_now_resets_both_sides_or_ends_them_in_order() -> Result<()> {
    let town = Town::built().await?;
    let mut one = town.connected().await?;
    let mut other = town.connected().await?;
    assert_eq!(town.proxy.cut(Cut::Reset).await?, 2);
    for end in [&mut one.client, &mut one.server, &mut other.client, &mut other.server] {
        let error = within(end.read_u8()).await?.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    let mut third = town.connected().await?;
    let (cut, client, server) =
        tokio::join!(town.proxy.cut(Cut::Orderly), heard(&mut third.client), heard(&mut third.server));
    assert_eq!((cut?, client?.len(), server?.len()), (1, 0, 0));
    assert_eq!(town.proxy.counters().cuts, 3);
    town.carries().await
}

#[tokio::test]
async fn bytes_held_back_come_later_and_the_other_direction_goes_on() -> Result<()> {
    let town = Town::built().await?;
    let Ends { mut client, mut server } = town.connected().await?;
    town.proxy.set(Weather { down: Way::Held, ..Weather::default() });
    client.write_all(b"commit").await?;
    assert_eq!(within(receive::<6>(&mut server)).await??, *b"commit");
    server.write_all(b"done").await?;
    assert!(timeout(QUIET, client.read_u8()).await.is_err(), "nothing comes");
    town.proxy.clear();
    assert_eq!(within(receive::<4>(&mut client)).await??, *b"done");
    assert_eq!(town.proxy.counters().silences, 1);
    Ok(())
}

#[tokio::test]
async fn what_is_swallowed_is_gone_and_the_socket_stays_open() -> Result<()> {
    let town = Town::built().await?;
    let Ends { mut client, mut server } = town.connected().await?;
    town.proxy.set(Weather { down: Way::Swallowed, ..Weather::default() });
    server.write_all(b"lost").await?;
    town.has_swallowed(4).await?;
    // Not even the end is heard, nor anything that comes when the weather is fine again.
    town.proxy.clear();
    server.write_all(b"also").await?;
    town.has_swallowed(8).await?;
    client.write_all(b"hello?").await?;
    assert_eq!(within(receive::<6>(&mut server)).await??, *b"hello?");
    drop(server);
    assert!(timeout(QUIET, client.read_u8()).await.is_err(), "nothing comes, not even an end");
    town.carries().await?;
    drop(client);
    town.is_empty().await
}

#[tokio::test]
async fn a_stalled_door_accepts_and_nothing_more_until_it_opens() -> Result<()> {
    let town = Town::built().await?;
    town.proxy.set(Weather { door: Door::Stalled, ..Weather::default() });
    let mut client = TcpStream::connect(town.proxy.address()).await?;
    client.write_all(b"knock").await?;
    assert!(timeout(QUIET, town.upstream.accept()).await.is_err(), "nobody comes to the server");
    town.proxy.clear();
    let (mut server, _) = within(town.upstream.accept()).await??;
    assert_eq!(within(receive::<5>(&mut server)).await??, *b"knock");
    assert_eq!(town.proxy.counters().stalls, 1);
    Ok(())
}

#[tokio::test]
async fn a_closed_door_refuses_and_opens_again_at_the_same_address() -> Result<()> {
    let town = Town::built().await?;
    let mut before = town.connected().await?;
    town.proxy.set(Weather { door: Door::Closed, ..Weather::default() });
    crate::eventually("a refusal", async || {
        Ok(TcpStream::connect(town.proxy.address()).await.err().map(|error| error.kind()))
    })
    .await
    .map(|kind| assert!(matches!(kind, ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)))?;
    before.client.write_all(b"still here").await?;
    assert_eq!(within(receive::<10>(&mut before.server)).await??, *b"still here");
    town.proxy.clear();
    let again =
        crate::eventually("an open door", async || Ok(TcpStream::connect(town.proxy.address()).await.ok()));
    drop(again.await?);
    assert_eq!(town.proxy.counters().refusals, 1);
    Ok(())
}

#[tokio::test]
async fn a_slow_close_is_heard_of_late() -> Result<()> {
    let town = Town::built().await?;
    let Ends { mut client, mut server } = town.connected().await?;
    town.proxy.set(Weather { slow_close: Duration::from_millis(150), ..Weather::default() });
    let began = Instant::now();
    client.write_all(b"bye").await?;
    drop(client);
    assert_eq!(heard(&mut server).await?, b"bye");
    assert!(began.elapsed() >= Duration::from_millis(150), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test]
async fn in_a_storm_connections_are_cut_by_chance() -> Result<()> {
    let town = Town::built().await?;
    let _ends = town.connected().await?;
    town.proxy.set(Weather { cut_per_second: 1.0, ..Weather::default() });
    town.proxy.has_cut(1).await?;
    town.is_empty().await
}

#[tokio::test]
async fn with_no_server_behind_it_the_connection_is_reset() -> Result<()> {
    let town = Town::built().await?;
    let Town { proxy, upstream } = town;
    drop(upstream);
    let mut client = TcpStream::connect(proxy.address()).await?;
    assert!(within(client.read_u8()).await?.is_err());
    Ok(())
}

/// A proxy, and the server behind it.
struct Town {
    proxy: Proxy,
    upstream: TcpListener,
}

/// Both ends of a connection through the proxy.
struct Ends {
    client: TcpStream,
    server: TcpStream,
}

impl Town {
    async fn built() -> Result<Self> {
        let upstream = TcpListener::bind("127.0.0.1:0").await?;
        Ok(Self { proxy: Proxy::start(upstream.local_addr()?).await?, upstream })
    }

    async fn connected(&self) -> Result<Ends> {
        let client = TcpStream::connect(self.proxy.address()).await?;
        let (server, _) = within(self.upstream.accept()).await??;
        Ok(Ends { client, server })
    }

    /// A new connection is whole.
    async fn carries(&self) -> Result<()> {
        let Ends { mut client, mut server } = self.connected().await?;
        client.write_all(b"question").await?;
        assert_eq!(within(receive::<8>(&mut server)).await??, *b"question");
        server.write_all(b"answer").await?;
        assert_eq!(within(receive::<6>(&mut client)).await??, *b"answer");
        Ok(())
    }

    async fn has_swallowed(&self, bytes: u64) -> Result<()> {
        let counters = || self.proxy.counters();
        crate::eventually("lost bytes", async || Ok((counters().swallowed == bytes).then_some(()))).await
    }

    async fn is_empty(&self) -> Result<()> {
        let counters = || self.proxy.counters();
        crate::eventually("no connection", async || Ok((counters().open == 0).then_some(()))).await
    }
}

/// Everything until the other side closes.
async fn heard(socket: &mut TcpStream) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    within(socket.read_to_end(&mut all)).await??;
    Ok(all)
}

async fn receive<const N: usize>(socket: &mut TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    socket.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// No test waits for ever.
async fn within<T>(what: impl Future<Output = T>) -> Result<T> {
    timeout(Duration::from_secs(30), what).await.context("waited in vain")
}

// Loads the operator's console into its page: reads the page's configuration, fetches the program, starts it.
// Whatever goes wrong, the page says so in plain words instead of staying empty.

const place = document.getElementById("tealight-console");

// The program's own words are inside the program; these are for when there is none.
const words = {
  failed: "The console could not be loaded. Check your connection, then reload this page.",
  stopped: "The console has stopped because of a fault. Nothing that showed as sent is lost. Reload this page to go on.",
  reload: "Reload",
};

function say(text) {
  const main = document.createElement("main");
  main.className = "login";
  const card = document.createElement("div");
  card.className = "login-card";
  card.setAttribute("role", "alert");
  const line = document.createElement("p");
  line.textContent = text;
  const button = document.createElement("button");
  button.className = "button";
  button.dataset.kind = "primary";
  button.type = "button";
  button.textContent = words.reload;
  button.addEventListener("click", () => location.reload());
  card.append(line, button);
  main.append(card);
  place.replaceChildren(main);
}

// A fault in the program traps it. Whatever called into it sees that as a RuntimeError.
function watch() {
  const look = (fault) => {
    if (fault instanceof WebAssembly.RuntimeError) say(words.stopped);
  };
  addEventListener("error", (event) => look(event.error));
  addEventListener("unhandledrejection", (event) => look(event.reason));
}

try {
  const text = document.getElementById("tealight-config").textContent;
  const { glue, wasm } = JSON.parse(text);
  const program = await import(glue);
  await program.default({ module_or_path: wasm });
  watch();
  program.start(text);
} catch (error) {
  console.error("tealight: the console did not start:", error instanceof Error ? error.name : "unknown");
  say(words.failed);
}

// The button on a clinic's page that opens the chat. Nothing else is loaded before the first click.
// <script src="https://bot.clinic.example/webhooks/widget/launcher.js" data-position="left" data-title="…" data-color="#1d5c7a" data-language="en" async></script>
(() => {
  const script = document.currentScript;
  if (!script || window.clinicChat) return;
  window.clinicChat = true;
  const { position, title = "Hip and back pain information", color = "#1d5c7a", language = "" } = script.dataset;
  const page = new URL("chat", script.src);
  const accent = /^#[0-9a-f]{6}$/i.test(color) ? color : "#1d5c7a";
  // Black or white on it, whichever contrasts more (relative luminance of WCAG 2.2).
  const linear = [1, 3, 5].map((at) => parseInt(accent.slice(at, at + 2), 16) / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  const light = (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05) ** 2 > 1.05 * 0.05;
  const side = position === "left" ? "left" : "right";

  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; }
    button { position: fixed; bottom: 16px; ${side}: 16px; z-index: 2147483646; display: flex; align-items: center; gap: 8px; min-height: 48px; max-width: calc(100vw - 32px);
      padding: 8px 16px; border: 2px solid ${light ? "#000" : "#fff"}; border-radius: 28px; background: ${accent}; color: ${light ? "#000" : "#fff"}; font: 600 16px/1.2 system-ui, sans-serif;
      text-align: start; cursor: pointer; box-shadow: 0 2px 8px rgb(0 0 0 / .35); }
    button:focus-visible { outline: 3px solid ${accent}; outline-offset: 3px; }
    section { position: fixed; bottom: 16px; ${side}: 16px; z-index: 2147483647; width: min(420px, calc(100vw - 32px)); height: min(680px, calc(100vh - 32px));
      border-radius: 12px; overflow: hidden; box-shadow: 0 4px 24px rgb(0 0 0 / .4); background: Canvas; }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    [hidden] { display: none; }
    @media (max-width: 480px), (max-height: 480px) { section { inset: 0; width: 100%; height: 100%; border-radius: 0; } }
    @media print { button, section { display: none; } }`);
  shadow.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-haspopup", "dialog");
  button.setAttribute("aria-expanded", "false");
  button.textContent = title;
  const panel = document.createElement("section");
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", title);
  panel.hidden = true;
  shadow.append(button, panel);

  let frame = null;
  let covered = []; // what a full-screen chat lies over
  const whole = matchMedia("(max-width: 480px), (max-height: 480px)");
  const remember = (open) => {
    try {
      open ? sessionStorage.setItem("clinicChat", "open") : sessionStorage.removeItem("clinicChat");
    } catch {
      // A browser that forbids storage: the chat is closed on the next page.
    }
  };
  const focusInside = () => frame.contentWindow.postMessage({ clinicChat: "focus" }, page.origin);

  function cover() {
    covered.forEach((element) => (element.inert = false));
    covered = !panel.hidden && whole.matches ? [...document.body.children].filter((element) => element !== host && !element.inert) : [];
    covered.forEach((element) => (element.inert = true));
  }

  function open(focus) {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.title = title;
      Object.entries({ title, color: accent.slice(1), language }).forEach(([key, value]) => value && page.searchParams.set(key, value));
      frame.src = page;
      frame.addEventListener("load", () => focus && focusInside());
      panel.append(frame);
    }
    panel.hidden = false;
    button.hidden = true;
    button.setAttribute("aria-expanded", "true");
    cover();
    remember(true);
    if (focus) {
      frame.focus();
      focusInside();
    }
  }

  function close() {
    panel.hidden = true;
    button.hidden = false;
    button.setAttribute("aria-expanded", "false");
    cover();
    remember(false);
    button.focus();
  }

  button.addEventListener("click", () => open(true));
  panel.addEventListener("keydown", (event) => event.key === "Escape" && close());
  whole.addEventListener("change", cover);
  addEventListener("message", (event) => {
    if (frame && event.source === frame.contentWindow && event.origin === page.origin && event.data && event.data.clinicChat === "close") close();
  });
  const show = () => {
    document.body.append(host);
    let before = null;
    try {
      before = sessionStorage.getItem("clinicChat");
    } catch {
      // As above.
    }
    if (before) open(false);
  };
  document.body ? show() : addEventListener("DOMContentLoaded", show);
})();

"use strict";
// Without this script the page is the same, as of now.
(() => {
  const list = document.getElementById("sign-ins");
  const live = document.getElementById("live");
  const filters = document.getElementById("filters");
  const say = text => { live.textContent = text; };
  const showCopy = () => { for (const button of document.querySelectorAll(".copy")) button.hidden = false; };

  document.addEventListener("click", event => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const command = button.previousElementSibling;
    // Only a secure context has a clipboard: https, or this machine.
    if (navigator.clipboard) {
      navigator.clipboard.writeText(command.textContent).then(() => { button.textContent = "Copied"; });
    } else {
      getSelection().selectAllChildren(command);
      button.textContent = "Selected; copy it with the keyboard";
    }
  });
  if (filters) filters.addEventListener("change", () => filters.requestSubmit());
  showCopy();
  if (!list || !live) return;

  // Cards that did not change stay the same elements, so that focus and selection stay too.
  const written = new Map();
  for (const card of list.children) written.set(card.id, card.outerHTML);
  const update = async () => {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("sign-ins");
    const open = new Set([...list.querySelectorAll("details[open]")].map(details => details.id));
    const order = [...fresh.children].map(card => {
      const known = document.getElementById(card.id);
      if (known && written.get(card.id) === card.outerHTML) return known;
      written.set(card.id, card.outerHTML);
      for (const details of card.querySelectorAll("details")) details.open = details.open || open.has(details.id);
      return card;
    });
    const focused = document.activeElement.closest("details");
    const kept = new Set(order);
    for (const card of [...list.children]) if (!kept.has(card)) card.remove();
    order.forEach((card, place) => {
      if (list.children[place] !== card) list.insertBefore(card, list.children[place] || null);
    });
    const again = focused && !focused.isConnected && document.getElementById(focused.id);
    if (again) again.querySelector("summary").focus();
    showCopy();
    say(`Live; last change ${new Date().toLocaleTimeString()}.`);
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; update().catch(() => {}); }, 200);
  };
  const events = new EventSource(list.dataset.events);
  events.addEventListener("open", () => { say("Live."); soon(); });
  events.addEventListener("entry", soon);
  events.addEventListener("change", soon);
  events.addEventListener("error", () => say(
    events.readyState === EventSource.CLOSED ? "Not live: too many pages follow the journal." : "The mock does not answer."));
})();

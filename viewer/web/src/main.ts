/** The page's entry: takes the ticket out of the address at once, so that it stays in no history. */

const fragment = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname);
const ticket = fragment.get("ticket");
if (ticket !== null) {
  const headers = { "Content-Type": "application/json" };
  await fetch("/api/enter", { method: "POST", headers, body: JSON.stringify({ ticket }) });
}

export {};

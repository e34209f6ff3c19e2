/**
 * The page's entry. The ticket is taken out of the address before anything else, so that it stays in no history; then it is
 * exchanged for a cookie, and the desk begins.
 */

import "./present/style/index.css";
import "./input/style.css";

import { choose, speak, texts } from "./language";
import { Client } from "./link/client";
import type { Event, State } from "./link/vocabulary";
import { Door, readFragment } from "./present/entry/entry";
import { Entering } from "./present/entry/entry-screen";
import * as host from "./api/api";
import { probe } from "./present/entry/test-access";
import { Shell } from "./present/chrome/shell";

const fragment = readFragment(location.hash);
history.replaceState(null, "", location.pathname);
speak(choose([...(fragment.language === null ? [] : [fragment.language]), ...navigator.languages]));
const entering = new Entering(document.body);
const door = new Door(entering);
void begin();

async function begin(): Promise<void> {
  if (!door.isAble()) return;
  entering.wait(texts.entering.entering);
  if (fragment.ticket !== null && !(await door.enter(fragment.ticket))) return;
  entering.wait(texts.entering.connecting);
  const heard = fragment.probe ? probe() : null;
  let shell: Shell | null = null;
  const handle = (event: Event): void => {
    shell?.handle(event);
    heard?.handle(event);
    if (event.on === "state") onState(event.state);
  };
  const client = new Client(handle, { relay: fragment.relay });
  const leave = (): void => {
    client.send({ do: "leave" });
    void host.leave().catch(() => {});
  };
  shell = new Shell({
    send: (command, transfer) => client.send(command, transfer),
    only: fragment.window,
    leave,
  });
  heard?.begin(client);
  client.send({
    do: "start",
    origin: location.origin,
    language: document.documentElement.lang,
    only: fragment.only,
  });
}

function onState(state: State): void {
  const { dataset } = document.documentElement;
  dataset["state"] = state.is;
  if (state.is === "online") {
    dataset["transport"] = state.transport;
    dataset["role"] = state.role;
    door.entered();
  } else if (state.is === "connecting") door.trying(state.tried);
  else if (state.is === "ended") void door.ended(state);
}

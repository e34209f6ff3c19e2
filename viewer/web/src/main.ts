/**
 * The page's entry. The ticket is taken out of the address before anything else, so that it stays in no
 * history; then it is exchanged for a cookie, and the desk begins.
 */

import "./present/style/index.css";
import "./input/style.css";

import { choose, speak, texts } from "./language";
import { Client } from "./link/client";
import { leaveKey, recallKey, takeKey } from "./link/resume-key";
import type { Event, State } from "./link/vocabulary";
import { Session } from "./page/session";
import { Sessions } from "./page/sessions";
import { Entry, readFragment } from "./present/entry/entry";
import { EntryScreen } from "./present/entry/entry-screen";
import { Api } from "./api/api";
import { testAccess } from "./present/entry/test-access";
import { readSettings, showTheme } from "./present/chrome/settings";
import { Shell } from "./present/chrome/shell";

const tabStore = ownStorage();
const fragment = readFragment(location.hash);
history.replaceState(null, "", location.pathname);
const settings = readSettings(lastingStorage());
const wantedLanguage = fragment.language ?? (settings.language === "auto" ? null : settings.language);
speak(choose([...(wantedLanguage === null ? [] : [wantedLanguage]), ...navigator.languages]));
showTheme(settings.theme);
const entryScreen = new EntryScreen(document.body);
const api = new Api(location.origin);
const entry = new Entry(entryScreen, api);
void begin();

async function begin(): Promise<void> {
  if (!entry.isAble()) return;
  entryScreen.wait(texts.entering.entering);
  if (fragment.ticket !== null && !(await entry.enter(fragment.ticket))) return;
  entryScreen.wait(texts.entering.connecting);
  const access = fragment.probe ? testAccess() : null;
  const sessions = new Sessions();
  const shell = new Shell({ sessions, only: fragment.window, leave });
  shell.desk.touch.mode = settings.touch;
  const handle = (session: Session, event: Event): void => {
    shell.handle(session, event);
    access?.handle(event);
    if (event.on === "state") onState(event.state);
  };
  const { relay } = fragment;
  const connect = (hear: (event: Event) => void) => new Client(hear, { relay });
  const session = new Session({ id: 0, api, connect, notices: shell.notices.of(0, null) }, handle);
  sessions.add(session);
  const key = takeKey(tabStore);
  addEventListener("pagehide", () => leaveKey(tabStore, key));
  addEventListener("pageshow", ({ persisted }) => persisted && recallKey(tabStore));
  access?.begin(session.client);
  session.send({
    do: "start",
    origin: api.origin,
    language: document.documentElement.lang,
    only: fragment.only,
    key,
  });
}

/** The storage of this browser; not everywhere is it allowed. */
function lastingStorage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** The storage of this tab; not everywhere is it allowed. */
function ownStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function leave(session: Session): void {
  session.send({ do: "leave" });
  void session.api.leave().catch(() => {});
}

function onState(state: State): void {
  const { dataset } = document.documentElement;
  dataset["state"] = state.is;
  if (state.is === "online") {
    dataset["transport"] = state.transport;
    dataset["role"] = state.role;
    entry.entered();
  } else if (state.is === "connecting") entry.trying(state.tried);
  else if (state.is === "ended") void entry.ended(state);
}

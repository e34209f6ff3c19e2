/** A real host with its apps, as a test starts it. */

import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Child } from "./child";
import { ADDRESS, Network } from "./network";
import { ours } from "./programs";
import { Hopeless, until } from "./wait";

/** What the host writes for those that want to join. */
interface LinkFile {
  version: number;
  pid: number;
  native: string;
  browser: string;
  view_only: { native: string; browser: string };
}

/** An app of the start menu. */
export interface MenuApp {
  id: string;
  name: string;
  /** As in a desktop entry; `HOME` stands for the host's own directory. */
  exec: string;
}

export interface HostOptions {
  apps?: MenuApp[];
  /** The first app. */
  command?: string[];
  /** More flags of `dormer serve`. */
  flags?: string[];
  /** Behind a network that can be cut; on this machine's loopback otherwise. */
  far?: boolean;
  /** Where it listens if it is on the loopback: IPv4 unless this is set. */
  ipv6?: boolean;
}

const run = promisify(execFile);

export class Host {
  private constructor(
    private readonly child: Child,
    /** A directory that lives as long as the host, and is the apps' home. */
    readonly directory: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly between: Network | null,
  ) {}

  /** Starts a host and waits until it is ready. */
  static async start(options: HostOptions = {}): Promise<Host> {
    const directory = mkdtempSync(join(tmpdir(), "dormer-"));
    for (const app of options.apps ?? []) writeApp(directory, app);
    const env = environment(directory);
    const address = options.far ? ADDRESS : options.ipv6 ? "[::1]" : "127.0.0.1";
    const words = [
      ...[ours("dormer"), "--log", "info", "serve", "--state-dir", join(directory, "state")],
      ...["--quic", `${address}:0`, "--http", `${address}:0`],
      ...["--link-file", join(directory, "links.json"), ...(options.flags ?? [])],
      ...(options.command ? ["--", ...options.command] : []),
    ];
    const network = options.far ? Network.start(words, env, directory) : null;
    const [program, ...args] = words as [string, ...string[]];
    const child = network?.child ?? Child.start("host", program, args, { env, directory });
    const host = new Host(child, directory, env, network);
    await until("the host's link file", () => {
      if (!child.running) throw new Hopeless(`the host ended before it was ready:\n${child.logTail}`);
      return existsSync(join(directory, "links.json"));
    });
    return host;
  }

  get pid(): number {
    return this.links.pid;
  }

  /** What lies between browsers and a host that was started `far`. */
  get network(): Network {
    if (!this.between) throw new Error("this host is near");
    return this.between;
  }

  /** A fresh link for one browser: the host replaces a link that was used. */
  get link(): string {
    return this.links.browser;
  }

  get viewLink(): string {
    return this.links.view_only.browser;
  }

  /** `https://ADDRESS:PORT`. */
  get origin(): string {
    return new URL(this.link).origin;
  }

  get log(): string {
    return this.child.log;
  }

  get logTail(): string {
    return this.child.logTail;
  }

  get running(): boolean {
    return this.child.running;
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** The text of a file of the host's directory, empty while there is none. */
  read(name: string): string {
    return existsSync(this.file(name)) ? readFileSync(this.file(name), "utf8") : "";
  }

  /** Starts one more app in the session. */
  async run(...command: string[]): Promise<void> {
    await this.dormer("run", "--", ...command);
  }

  /** What `dormer ARGUMENTS` prints about this session. */
  async dormer(subcommand: string, ...args: string[]): Promise<string> {
    const session = ["--session", join(this.directory, "state")];
    const { stdout } = await run(ours("dormer"), [subcommand, ...session, ...args], { env: this.env });
    return stdout;
  }

  async stop(): Promise<void> {
    await (this.between ?? this.child).stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private get links(): LinkFile {
    return JSON.parse(readFileSync(join(this.directory, "links.json"), "utf8")) as LinkFile;
  }
}

/**
 * An environment that says nothing of the machine's own desktop, and in which toolkits start quickly and
 * alike.
 */
function environment(directory: string): NodeJS.ProcessEnv {
  const runtime = join(directory, "run");
  mkdirSync(runtime);
  chmodSync(runtime, 0o700);
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: directory,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(directory, "data"),
    LC_ALL: "C.UTF-8",
    DBUS_SESSION_BUS_ADDRESS: "disabled:",
    NO_AT_BRIDGE: "1",
    GTK_A11Y: "none",
    GSETTINGS_BACKEND: "memory",
    GTK_USE_PORTAL: "0",
    GSK_RENDERER: "cairo",
    QT_QPA_PLATFORM: "wayland",
  };
  return env;
}

function writeApp(directory: string, app: MenuApp): void {
  const applications = join(directory, "data/applications");
  mkdirSync(applications, { recursive: true });
  const exec = app.exec.replaceAll("HOME", directory);
  const entry = `[Desktop Entry]\nType=Application\nName=${app.name}\nComment=For tests\nExec=${exec}\n`;
  writeFileSync(join(applications, `${app.id}.desktop`), entry);
}

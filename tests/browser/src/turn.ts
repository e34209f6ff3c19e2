/**
 * A real TURN server on this machine's loopback: coturn, whose logins are made out of a secret that it shares
 * with hosts.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child";
import { certificate } from "./foreign";
import { freePort } from "./port";
import { installed } from "./programs";
import { Hopeless, until } from "./wait";

const SERVER = "turnserver";

/** Why there can be no TURN server here, or null. */
export function turnHindrance(): string | null {
  return installed(SERVER) === null ? "coturn is not installed" : null;
}

export class TurnServer {
  private constructor(
    private readonly child: Child,
    private readonly directory: string,
    private readonly port: number,
    private readonly tls: boolean,
  ) {}

  /**
   * Starts one that knows `secret`, and waits until it listens; `tls`: with a certificate that nobody vouches
   * for.
   */
  static async start(secret: string, { tls }: { tls: boolean } = { tls: false }): Promise<TurnServer> {
    const program = installed(SERVER);
    if (program === null) throw new Error(turnHindrance() ?? "");
    const directory = mkdtempSync(join(tmpdir(), "dormer-turn-"));
    const port = await freePort();
    const settings = [
      ...["listening-ip=127.0.0.1", "relay-ip=127.0.0.1", "realm=dormer.test"],
      // As documented: it relays only to the host. That this is on its own machine is for tests.
      ...["denied-peer-ip=0.0.0.0-255.255.255.255", "allowed-peer-ip=127.0.0.1", "allow-loopback-peers"],
      ...(tls ? encrypted(directory, port) : [`listening-port=${port}`, "no-tls"]),
      ...["no-dtls", "no-cli", "verbose"],
      ...["use-auth-secret", `static-auth-secret=${secret}`],
      ...[`pidfile=${join(directory, "pid")}`, `userdb=${join(directory, "users")}`],
      ...["log-file=stdout", "simple-log"],
    ];
    const file = join(directory, "turnserver.conf");
    writeFileSync(file, `${settings.join("\n")}\n`, { mode: 0o600 });
    const child = Child.start("turn", program, ["-c", file], { directory });
    const server = new TurnServer(child, directory, port, tls);
    await until("the TURN server", () => {
      if (!child.running) throw new Hopeless(`the TURN server ended:\n${child.logTail}`);
      return listens(port);
    });
    return server;
  }

  /** Where browsers reach it without any UDP. */
  get uri(): string {
    return `${this.tls ? "turns" : "turn"}:127.0.0.1:${this.port}?transport=tcp`;
  }

  get log(): string {
    return this.child.log;
  }

  async stop(): Promise<void> {
    await this.child.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Settings for TLS and nothing else at this port. */
function encrypted(directory: string, port: number): string[] {
  const { key, cert } = certificate();
  const [keyFile, certFile] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  writeFileSync(keyFile, key, { mode: 0o600 });
  writeFileSync(certFile, cert);
  return [`tls-listening-port=${port}`, "no-udp", "no-tcp", `cert=${certFile}`, `pkey=${keyFile}`];
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

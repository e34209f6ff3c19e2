/**
 * Somebody else where a host was: a proxy whose host is gone, or a network that answers everything itself.
 */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { Host } from "./host";
import { until } from "./wait";

/** What it says to every request. */
export interface Says {
  status: number;
  type: string;
  body: string;
}

/** Answers in the place of a host that is gone, with the host's own certificate. */
export class Impostor {
  private constructor(private readonly server: Server) {}

  static async replace(host: Host, { status, type, body }: Says): Promise<Impostor> {
    const { hostname, port } = new URL(host.origin);
    const pem = readFileSync(host.file("state/page-certificate.pem"));
    const server = createServer({ key: pem, cert: pem }, (_, response) => {
      response.writeHead(status, { "content-type": type }).end(body);
    });
    await until("the host's port", () => listens(server, Number(port), hostname));
    return new Impostor(server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function listens(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
}

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to the server that new connections may have to wait at. */
export class Gate {
  readonly #waiting: Socket[] = [];
  #isOpen = true;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (client) => {
      if (this.#isOpen) this.#pass(client);
      else this.#waiting.push(client);
    });
  }

  static async before(url: string): Promise<Gate> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gate(server, new URL(url));
  }

  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  close(): void {
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
    this.#waiting.splice(0).forEach((client) => this.#pass(client));
  }

  /** Ends those that wait, and lets pass who comes then. */
  refuse(): void {
    this.#isOpen = true;
    for (const client of this.#waiting.splice(0)) client.destroy();
  }

  remove(): void {
    this.server.close();
  }

  #pass(client: Socket): void {
    const onward = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, onward]) socket.on('error', () => undefined);
    client.pipe(onward).pipe(client);
  }
}

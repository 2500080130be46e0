import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { INestApplication } from '@nestjs/common';

/** Where the application listens; one that does not listen yet is made to, on a free port of this machine. */
export async function reachApp(app: INestApplication): Promise<URL> {
  const server = app.getHttpServer() as Server;
  if (!server.listening) await app.listen(0, '127.0.0.1');
  const { address, family, port } = server.address() as AddressInfo;
  const anywhere = ['::', '0.0.0.0'].includes(address);
  const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return new URL(`${server instanceof TlsServer ? 'https' : 'http'}://${host}:${port}`);
}

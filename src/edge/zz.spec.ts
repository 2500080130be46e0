import { ADAPTERS, startEdgeApp } from '../../test/support/edge-app.js';
it.each(ADAPTERS)('abort then close %s', async (adapter) => {
  const edge = await startEdgeApp(adapter);
  const controller = new AbortController();
  const response = await fetch(`${edge.url}/stream/whole`, { signal: controller.signal });
  controller.abort();
  await response.text().catch((e) => console.log(String(e)));
  await new Promise((r) => setTimeout(r, 500));
  const server: any = edge.app.getHttpServer();
  console.log(edge.lines.slice(-2), await new Promise((r) => server.getConnections((_: any, n: number) => r(n))));
  for (const c of server[Object.getOwnPropertySymbols(server).find((s) => String(s).includes('http.server.connections'))!].all()) console.log(c.socket?.destroyed, c.socket?.readyState, c.socket?._httpMessage?.req?.url);
  const t = Date.now();
  await Promise.race([edge.close(), new Promise((r) => setTimeout(r, 5000))]);
  console.log('close took', Date.now() - t);
}, 20000);

import type { INestApplication } from '@nestjs/common';
import { createRoute, type Route } from './route.js';

interface ExpressLayer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
}

interface Router {
  readonly router?: { readonly stack: readonly ExpressLayer[] };
  printRoutes?(options: { readonly commonPrefix: boolean }): string;
}

/** The routes the running router answers to, whoever put them there. */
export function routerRoutes(app: INestApplication): Route[] {
  const instance = app.getHttpAdapter().getInstance() as Router;
  if (instance.printRoutes) return fastifyRoutes(instance.printRoutes({ commonPrefix: false }));
  return (instance.router?.stack ?? []).flatMap(({ route }) =>
    route
      ? methodsOf(route.methods).flatMap((method) =>
          [route.path].flat().map((path) => createRoute(method, String(path))),
        )
      : [],
  );
}

/** More than any route lists: NestJS puts middleware below a global prefix so, each method by name. */
const EVERY_METHOD = 20;

function methodsOf(methods: Readonly<Record<string, boolean>>): string[] {
  const named = Object.keys(methods).map((method) => method.toUpperCase());
  if (named.includes('_ALL')) return ['GET', 'POST'];
  return named.length > EVERY_METHOD ? [] : named;
}

/** One line of the tree Fastify prints: how deep, the part of the path, the methods. */
const LINE = /^((?:│ {3}| {4})*)[├└]── (\S*)(?: \(([A-Z, -]+)\))?/;

/** Fastify tells its routes only as a printed tree. */
function fastifyRoutes(tree: string): Route[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, part, methods] = LINE.exec(line) ?? [];
    if (indent === undefined || part === undefined) return [];
    const depth = indent.length / 4;
    const path = (above[depth - 1] ?? '') + part;
    above.splice(depth, Infinity, path);
    return (methods?.split(', ') ?? []).map((method) => createRoute(method, path));
  });
}

import { type INestApplication, RequestMethod, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import {
  HOST_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { createRoute, type Route } from './route.js';

type Class = abstract new (...args: never[]) => object;
type Versioning = ReturnType<ApplicationConfig['getVersioning']>;

/** As \@nestjs/common numbers the kinds of arguments of a handler. */
const QUERY_ARGUMENT = '4';

/** NestJS's own key, of what RouterModule puts before a module's controllers. */
const MODULE_PATH = '__module_path__';

/** The routes of the application's controllers, where NestJS put them, and what is needed to get there. */
export function nestRoutes(app: INestApplication): Route[] {
  const config = app.get(ApplicationConfig);
  const modules = app.get(ModulesContainer);
  const factory = new RoutePathFactory(config);
  return [...modules.values()].flatMap((module) => {
    const modulePath = (Reflect.getMetadata(MODULE_PATH + modules.applicationId, module.metatype) ??
      Reflect.getMetadata(MODULE_PATH, module.metatype)) as string | undefined;
    return [...module.controllers.values()].flatMap(({ metatype }) =>
      routesOf(metatype as Class, config, factory, modulePath),
    );
  });
}

function routesOf(
  controller: Class,
  config: ApplicationConfig,
  factory: RoutePathFactory,
  modulePath: string | undefined,
): Route[] {
  const versioning = config.getVersioning();
  const controllerVersion = meta(VERSION_METADATA, controller) ?? versioning?.defaultVersion;
  const prototype = controller.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (!handler || meta(PATH_METADATA, handler) === undefined) return [];
    const requestMethod = meta(METHOD_METADATA, handler) as RequestMethod;
    const methodVersion = meta(VERSION_METADATA, handler);
    const paths = both(meta(PATH_METADATA, controller)).flatMap((ctrlPath) =>
      both(meta(PATH_METADATA, handler)).flatMap((methodPath) =>
        factory.create(
          {
            ctrlPath: slashed(ctrlPath),
            methodPath: slashed(methodPath),
            globalPrefix: config.getGlobalPrefix(),
            ...(modulePath !== undefined && { modulePath }),
            ...(versioning && { versioningOptions: versioning }),
            ...(controllerVersion !== undefined && { controllerVersion: controllerVersion as string }),
            ...(methodVersion !== undefined && { methodVersion: methodVersion as string }),
          },
          requestMethod,
        ),
      ),
    );
    const [host] = both(meta(HOST_METADATA, controller)).filter((each) => each !== '');
    return methodsOf(requestMethod).flatMap((method) =>
      paths.flatMap((path) =>
        selectors(versioning, methodVersion ?? controllerVersion).map((selector) =>
          createRoute(method, path, {
            ...selector,
            ...(typeof host === 'string' && { host }),
            isEventStream: meta(SSE_METADATA, handler) === true,
            queryNames: queryNamesOf(controller, name),
          }),
        ),
      ),
    );
  });
}

/** What makes the router choose the version, once for each; versions in the path are in the path. */
function selectors(
  versioning: Versioning,
  version: unknown,
): { readonly version?: string; readonly headers?: Record<string, string> }[] {
  const versions = both(version).filter((each) => each !== VERSION_NEUTRAL && each !== '');
  if (!versioning || versions.length === 0) return [{}];
  return versions.map((each) => {
    const text = String(each);
    if (versioning.type === VersioningType.HEADER) {
      return { version: text, headers: { [versioning.header.toLowerCase()]: text } };
    }
    if (versioning.type === VersioningType.MEDIA_TYPE) {
      return { version: text, headers: { accept: `application/json;${versioning.key}${text}` } };
    }
    return {};
  });
}

function queryNamesOf(controller: Class, method: string): string[] {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    { readonly data?: unknown }
  >;
  return Object.entries(args)
    .filter(([key]) => key.split(':')[0] === QUERY_ARGUMENT)
    .flatMap(([, { data }]) => (typeof data === 'string' ? [data] : []));
}

function methodsOf(requestMethod: RequestMethod): string[] {
  return requestMethod === RequestMethod.ALL ? ['GET', 'POST'] : [RequestMethod[requestMethod]];
}

function meta(key: string, target: object): unknown {
  return Reflect.getMetadata(key, target);
}

function both(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value ?? ''];
}

function slashed(path: unknown): string {
  const text = String(path);
  return text.startsWith('/') ? text : `/${text}`;
}

import { operationsOf, type Group, type Operation } from '../operation.js';
import * as builders from './builders.js';
import * as entities from './entities.js';
import * as find from './find.js';
import * as inserts from './inserts.js';
import * as kinds from './kinds.js';
import * as rawText from './raw-text.js';
import * as refusals from './refusals.js';
import * as scopes from './scopes.js';
import * as upserts from './upserts.js';
import * as writes from './writes.js';

export const GROUPS: readonly Group[] = [
  find,
  builders,
  inserts,
  entities,
  writes,
  upserts,
  kinds,
  scopes,
  rawText,
  refusals,
].flatMap((groups) => Object.values<Group>({ ...groups }));

export const OPERATIONS: readonly Operation[] = GROUPS.flatMap(operationsOf);

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { getTenantContext } from '@parallax/tenant';
import { Subject } from 'rxjs';

export interface Folder {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
}

export interface Note {
  readonly id: string;
  readonly tenantId: string;
  readonly slug: string;
  title: string;
  readonly folderId?: string | undefined;
}

/** Rows of all tenants in memory: what is right or wrong is done by those who read them. */
@Injectable()
export class NotesStore {
  notes: Note[] = [];
  readonly folders: Folder[] = [];
  readonly created = new Subject<Note>();

  add(title: string, folderId?: string, tenantId = getTenantContext().tenantId): Note {
    const note = { id: randomUUID(), tenantId, slug: getTenantContext().tenantSlug, title, folderId };
    this.notes.push(note);
    this.created.next(note);
    return note;
  }

  addFolder(name: string): Folder {
    const folder = { id: randomUUID(), tenantId: getTenantContext().tenantId, name };
    this.folders.push(folder);
    return folder;
  }

  isOwn({ tenantId }: { readonly tenantId: string }): boolean {
    return tenantId === getTenantContext().tenantId;
  }
}

/** As a client sees it. */
export function shown({ id, title, folderId }: Note): {
  id: string;
  title: string;
  folderId?: string | undefined;
} {
  return { id, title, folderId };
}

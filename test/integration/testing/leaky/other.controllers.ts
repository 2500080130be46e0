import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  Header,
  type MessageEvent,
  NotFoundException,
  Param,
  Post,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { bindTenantScope } from '@parallax/tenant';
import { filter, map, type Observable } from 'rxjs';
import { NotesStore, shown } from './notes.store.js';
import { Plants } from './plants.js';

@Controller('folders')
export class FoldersController {
  constructor(private readonly store: NotesStore) {}

  @Post()
  create(@Body() { name }: { readonly name: string }): unknown {
    const { id } = this.store.addFolder(name);
    return { id, name };
  }

  @Get(':folderId')
  get(@Param('folderId') id: string): unknown {
    const folder = this.store.folders.find((each) => each.id === id && this.store.isOwn(each));
    if (!folder) throw new NotFoundException('There is no such folder');
    return { id, name: folder.name };
  }

  @Get(':folderId/notes/:noteId')
  note(@Param('folderId') folderId: string, @Param('noteId') noteId: string): unknown {
    const note = this.store.notes.find((each) => each.id === noteId && this.store.isOwn(each));
    if (note?.folderId !== folderId) throw new NotFoundException('There is no such note');
    return shown(note);
  }
}

@Controller('stream')
export class StreamsController {
  constructor(
    private readonly store: NotesStore,
    private readonly plants: Plants,
  ) {}

  @Get('export')
  @Header('Content-Type', 'text/csv')
  export(): StreamableFile {
    const all = this.plants.has('an export of all rows');
    const lines = this.store.notes
      .filter((note) => all || this.store.isOwn(note))
      .map(({ id, title }) => `${id},${title}\n`);
    return new StreamableFile(Readable.from(lines.map((line) => Buffer.from(line))), { type: 'text/csv' });
  }

  @Sse('changes')
  changes(): Observable<MessageEvent> {
    return this.store.created.pipe(
      bindTenantScope(),
      filter((note) => this.plants.has('events for everybody') || this.store.isOwn(note)),
      map((note) => ({ data: shown(note) })),
    );
  }
}

@Controller('open')
export class OpenController {
  @Get()
  about(): unknown {
    return { about: 'nothing of anybody' };
  }
}

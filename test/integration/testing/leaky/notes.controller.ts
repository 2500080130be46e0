import {
  Body,
  ConflictException,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Headers,
  HttpCode,
  Logger,
  NotFoundException,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { getTenantContext } from '@parallax/tenant';
import { type Note, NotesStore, shown } from './notes.store.js';
import { Plants } from './plants.js';

/** What both adapters' answers have. */
interface Response {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

interface NoteBody {
  readonly title?: string;
  readonly tenantId?: string;
  readonly links?: readonly { readonly folderId: string }[];
}

@Controller('notes')
export class NotesController {
  private readonly logger = new Logger(NotesController.name);
  readonly #lists = new Map<string, unknown>();
  readonly #replies = new Map<string, unknown>();

  constructor(
    private readonly store: NotesStore,
    private readonly plants: Plants,
  ) {}

  @Get()
  list(
    @Query('limit') limit = '100',
    @Query('cursor') cursor: string | undefined,
    @Query('folderId') folderId: string | undefined,
  ): unknown {
    const key = `${limit} ${cursor ?? ''} ${folderId ?? ''}`;
    if (!this.plants.has('a cache keyed by the path')) return this.page(Number(limit), cursor, folderId);
    if (!this.#lists.has(key)) this.#lists.set(key, this.page(Number(limit), cursor, folderId));
    return this.#lists.get(key);
  }

  private page(limit: number, cursor: string | undefined, folderId: string | undefined): unknown {
    const [tenantId, after = '0'] =
      cursor === undefined ? [] : Buffer.from(cursor, 'base64').toString().split(' ');
    const believed = this.plants.has('a cursor that says whose page it is') ? tenantId : undefined;
    const whose = believed ?? getTenantContext().tenantId;
    const everything = this.plants.has('a list that is not filtered');
    const byFolder = folderId !== undefined && this.plants.has('a row found by a query');
    const all = this.store.notes
      .filter((note) => everything || byFolder || note.tenantId === whose)
      .filter((note) => folderId === undefined || note.folderId === folderId);
    const from = Number(after);
    const end = from + limit;
    const total = this.plants.has('a total of all tenants') ? this.store.notes.length : all.length;
    const next = end < all.length ? Buffer.from(`${whose} ${end}`).toString('base64') : null;
    return { data: all.slice(from, end).map(shown), total, nextCursor: next };
  }

  @Post()
  create(@Body() body: NoteBody, @Headers('idempotency-key') key: string | undefined): unknown {
    const whose = this.plants.has('a key of a request kept without its tenant')
      ? ''
      : getTenantContext().tenantId;
    const kept = key === undefined ? undefined : this.#replies.get(`${whose} ${key}`);
    if (kept !== undefined) return kept;
    const title = body.title ?? 'untitled';
    const everywhere = this.plants.has('a title unique over all tenants');
    const taken = this.store.notes.some(
      (note) => note.title === title && (everywhere || this.store.isOwn(note)),
    );
    if (taken) throw new ConflictException('There is a note of this title');
    const folderId = body.links?.[0]?.folderId;
    this.assertFolder(folderId);
    const believed = this.plants.has('a tenant field that is believed') ? body.tenantId : undefined;
    const note = shown(this.store.add(title, folderId, believed));
    if (key !== undefined) this.#replies.set(`${whose} ${key}`, note);
    return note;
  }

  private assertFolder(id: string | undefined): void {
    if (id === undefined) return;
    const isUnchecked = this.plants.has('a reference that is not checked');
    const folder = this.store.folders.find(
      (each) => each.id === id && (isUnchecked || this.store.isOwn(each)),
    );
    if (!folder) throw new NotFoundException('There is no such folder');
  }

  @Get(':id')
  get(
    @Param('id') id: string,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): unknown {
    const note = this.store.notes.find((each) => each.id === id);
    if (note && this.plants.has('an ETag checked before the tenant') && known === etagOf(note)) {
      response.status(304);
      return undefined;
    }
    if (!note || (!this.store.isOwn(note) && !this.plants.has('a row read by its id alone'))) {
      if (note) this.tellOf(note, response);
      throw new NotFoundException('There is no such note');
    }
    const sharing = this.plants.has('a public Cache-Control') ? 'public, max-age=60' : 'private';
    response.header('Cache-Control', sharing);
    response.header('ETag', etagOf(note));
    return shown(note);
  }

  /** Everything a refusal can give away. */
  private tellOf({ title, slug }: Note, response: Response): void {
    if (this.plants.has('a header about the row')) response.header('X-Owner', slug);
    if (this.plants.has('a redirect to the row')) response.header('Location', `/of/${slug}`);
    if (this.plants.has('a log line that names the row')) this.logger.warn(`Somebody asked for ${title}`);
    if (this.plants.has('an error that names the row')) throw new NotFoundException(`${title} is not yours`);
    if (this.plants.has('403 for the row of another')) throw new ForbiddenException('It is not yours');
  }

  @Patch(':id')
  update(@Param('id') id: string, @Body() { title }: NoteBody): unknown {
    const note = this.find(id, 'a PATCH by the id alone');
    note.title = title ?? note.title;
    return this.store.isOwn(note) ? shown(note) : undefined;
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id') id: string): void {
    const note = this.find(id, 'a DELETE by the id alone');
    this.store.notes = this.store.notes.filter((each) => each !== note);
  }

  private find(id: string, plant: 'a PATCH by the id alone' | 'a DELETE by the id alone'): Note {
    const note = this.store.notes.find(
      (each) => each.id === id && (this.store.isOwn(each) || this.plants.has(plant)),
    );
    if (!note) throw new NotFoundException('There is no such note');
    return note;
  }
}

function etagOf({ id, title }: Note): string {
  return `"${Buffer.from(id + title)
    .toString('base64url')
    .slice(-24)}"`;
}

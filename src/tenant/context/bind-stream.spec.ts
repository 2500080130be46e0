import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { StreamableFile } from '@nestjs/common';
import { bindStream } from './bind-stream.js';
import { runInScope, TenantScope, tryGetTenantContext } from './tenant-scope.js';

const scopeOf = (tenantSlug: string): TenantScope =>
  new TenantScope(undefined, { tenantId: tenantSlug, tenantSlug, plan: 'free', limits: {}, features: {} });
const [own, foreign] = [scopeOf('own'), scopeOf('foreign')];

const here = (): string => tryGetTenantContext()?.tenantSlug ?? 'none';

function readable(seen: string[] = []): Readable {
  let left = 2;
  return new Readable({
    read() {
      this.push(left-- > 0 ? here() : null);
    },
    destroy(_error, done) {
      seen.push(here());
      done(null);
    },
  });
}

// eslint-disable-next-line @typescript-eslint/require-await -- it is asked asynchronously, that is all
async function* generator(seen: string[] = []): AsyncGenerator<string> {
  try {
    yield here();
    yield here();
  } finally {
    seen.push(here());
  }
}

function webStream(seen: string[] = []): ReadableStream<Uint8Array> {
  let left = 2;
  return new ReadableStream(
    {
      pull: (controller) => {
        if (left-- > 0) controller.enqueue(Buffer.from(here()));
        else controller.close();
      },
      cancel: () => void seen.push(here()),
    },
    { highWaterMark: 0 },
  );
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  let all = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all;
    all += Buffer.from(value).toString();
  }
}

/** Reads in a scope that is not the stream's. */
const elsewhere = <T>(fn: () => Promise<T>): Promise<T> => runInScope(foreign, fn);

describe(bindStream.name, () => {
  it('has a Readable and a StreamableFile read in the scope', async () => {
    expect(await elsewhere(() => text(bindStream(readable(), own)))).toBe('ownown');
    const file = bindStream(new StreamableFile(readable()), own);
    expect(await elsewhere(() => text(file.getStream()))).toBe('ownown');
  });

  it('has a generator read in it, and a Readable made of one', async () => {
    const answer = bindStream(generator(), own);
    expect(await elsewhere(() => text(answer))).toBe('ownown');
    expect(await elsewhere(() => text(bindStream(Readable.from(generator()), own)))).toBe('ownown');
  });

  it('has a web stream read in it, and the body of a Response', async () => {
    const stream = bindStream(
      runInScope(own, () => webStream()),
      own,
    );
    expect(await elsewhere(() => readAll(stream))).toBe('ownown');
    const { body } = bindStream(
      runInScope(own, () => new Response(webStream())),
      own,
    );
    expect(await elsewhere(() => readAll(body as ReadableStream<Uint8Array>))).toBe('ownown');
  });

  it('has each cleaned up in it, when whoever reads leaves early', async () => {
    const seen: string[] = [];
    await elsewhere(async () => {
      bindStream(readable(seen), own).destroy();
      const iterator = bindStream(generator(seen), own)[Symbol.asyncIterator]();
      await iterator.next();
      await iterator.return(undefined);
      await bindStream(webStream(seen), own).getReader().cancel();
    });
    expect(seen).toEqual(['own', 'own', 'own']);
  });

  it('leaves the answer the object it was, and everything else alone', () => {
    const frozen = Object.freeze({ a: 1 });
    for (const answer of [
      undefined,
      null,
      7,
      'text',
      frozen,
      [1],
      new Response(null),
      generator(),
      readable(),
    ]) {
      expect(bindStream<unknown>(answer, own)).toBe(answer);
    }
  });

  it('is what makes the difference', async () => {
    expect(await elsewhere(() => text(readable()))).toBe('foreignforeign');
    expect(await elsewhere(() => text(generator()))).toBe('foreignforeign');
    expect(await elsewhere(() => readAll(webStream()))).toBe('foreignforeign');
  });
});

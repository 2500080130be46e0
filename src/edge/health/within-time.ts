/**
 * What `work` gives, unless it takes too long. It is not stopped then, only no longer waited for.
 *
 * @throws Error after `milliseconds`, or whatever `work` throws
 */
export async function withinTime<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

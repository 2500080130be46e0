import type { Alert, AlertChannel } from '@parallax/tenant';

/** Keeps what it was given, and behaves as it is told. */
export class RecordingChannel implements AlertChannel {
  readonly alerts: Alert[] = [];
  /** What it does with each; at first nothing. */
  behave: (alert: Alert, signal: AbortSignal) => unknown = () => undefined;

  constructor(readonly name = 'recording') {}

  get ids(): string[] {
    return this.alerts.map(({ id }) => id);
  }

  async deliver(alert: Alert, signal: AbortSignal): Promise<void> {
    this.alerts.push(alert);
    await this.behave(alert, signal);
  }
}

/** A logger, and what it was told. */
export function recordingLogger(): {
  readonly lines: string[];
  readonly logger: Record<'log' | 'warn' | 'error', (line: string) => void>;
} {
  const lines: string[] = [];
  const write = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
  return { lines, logger: { log: write('log'), warn: write('warn'), error: write('error') } };
}

/**
 * Talks to the KQL worker; every question may go unanswered, and then the editor does without.
 *
 * One worker serves all pages of a browser, and lives on for a while after the last one has gone:
 * a reload finds it started. Browsers without shared workers have one per editor.
 */

import type { Schema } from "../../lib/queries";

export interface KqlCompletion {
  kind: number;
  label: string;
  before: string;
  after: string;
  order: string;
}

export interface KqlDiagnostic {
  start: number;
  length: number;
  severity: string;
  message: string;
}

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (problem: Error) => void;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

const LASTING = { name: "kql", extendedLifetime: true };

/** Where questions are sent, and how the way there is closed. */
interface Way {
  port: MessagePort | Worker;
  /** Tells when no worker came about. */
  owner: AbstractWorker;
  close: () => void;
}

function wayToWorker(): Way {
  if (typeof SharedWorker === "undefined") {
    const own = new Worker(__KQL_WORKER__);
    return { port: own, owner: own, close: () => own.terminate() };
  }
  const shared = new SharedWorker(__KQL_WORKER__, LASTING);
  return { port: shared.port, owner: shared, close: () => shared.port.close() };
}

export class KqlService {
  private readonly way = wayToWorker();
  private readonly waiting = new Map<number, Waiting>();
  private next = 1;
  /** The worker knows the schema, so that its answers are about the right tables. */
  ready = false;

  constructor() {
    this.way.port.onmessage = ({ data }: MessageEvent<Answer>) => {
      const one = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error === undefined) one?.resolve(data.result);
      else one?.reject(new Error(data.error));
    };
    this.way.owner.onerror = () => this.giveUp();
  }

  async setSchema(schema: Schema): Promise<void> {
    await this.ask("setSchema", { ...schema });
    this.ready = true;
  }

  complete(text: string, position: number) {
    return this.ask<{ from: number; items: KqlCompletion[] }>("complete", { text, position });
  }

  diagnose(text: string) {
    return this.ask<KqlDiagnostic[]>("diagnose", { text });
  }

  hover(text: string, position: number) {
    return this.ask<string>("hover", { text, position });
  }

  close(): void {
    this.way.close();
    this.giveUp();
  }

  private ask<T>(kind: string, question: object): Promise<T> {
    const id = this.next;
    this.next += 1;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.way.port.postMessage({ id, kind, ...question });
    });
  }

  private giveUp(): void {
    this.ready = false;
    for (const one of this.waiting.values()) one.reject(new Error("The KQL worker stopped"));
    this.waiting.clear();
  }
}

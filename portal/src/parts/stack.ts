/** The call stack of an exception, as the client sent it. */

export interface Frame {
  method: string;
  file: string;
  line: number | null;
  assembly: string;
  /** Code of the application, not of a library or of Python itself. */
  own: boolean;
}

export interface Thrown {
  type: string;
  message: string;
  frames: Frame[];
  /** The text of the stack, where it was sent as one. */
  text: string;
}

const FOREIGN =
  /(^|[\\/])(site-packages|dist-packages|node_modules)[\\/]|[\\/]lib[\\/]python\d|^<frozen|^node:|^internal[\\/]|[\\/]Python\d+[\\/]Lib[\\/]/;

/** Reads `details` of an exception; anything that is not of its form is left out. */
export function thrownIn(details: unknown): Thrown[] {
  let read: unknown = details;
  if (typeof details === "string") {
    try {
      read = JSON.parse(details);
    } catch {
      return [];
    }
  }
  if (!Array.isArray(read)) return [];
  return read.filter(isRecord).map((one) => {
    const frames = Array.isArray(one.parsedStack) ? one.parsedStack.filter(isRecord) : [];
    return {
      type: text(one.type) || text(one.typeName),
      message: text(one.message),
      frames: frames.map(frameOf),
      text: text(one.rawStack) || text(one.stack),
    };
  });
}

function frameOf(one: Record<string, unknown>): Frame {
  const file = text(one.fileName);
  const line = Number(one.line);
  return {
    method: text(one.method),
    file,
    line: Number.isInteger(line) && line > 0 ? line : null,
    assembly: text(one.assembly),
    own: file !== "" && !FOREIGN.test(file),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : value == null ? "" : JSON.stringify(value);
}

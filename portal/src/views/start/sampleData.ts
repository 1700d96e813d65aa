/** An hour of a small shop, made up: enough to walk through every view. */

export interface Envelope {
  name: string;
  time: string;
  iKey: string;
  tags: Record<string, string>;
  data: { baseType: string; baseData: Record<string, unknown> };
}

type Random = () => number;

interface Flow {
  operation: string;
  /** Milliseconds of the slowest part of it, typically. */
  typicalMs: number;
  /** How many of the operations are this one. */
  share: number;
  pays: boolean;
}

const HOUR_MS = 3_600_000;
const OPERATIONS = 260;
const MINUTES = 60;
const SDK = "portal:sample";
const FRONTEND = "storefront";
const ORDERS = "orders";
const PAYMENTS = "payments";
const OLD = "1.4.0";
const NEW = "1.5.0";

const FLOWS: Flow[] = [
  { operation: "GET /", typicalMs: 18, share: 0.4, pays: false },
  { operation: "GET /products/{id}", typicalMs: 45, share: 0.35, pays: false },
  { operation: "POST /checkout", typicalMs: 380, share: 0.25, pays: true },
];

/** Repeatable noise: the same seed makes the same shop. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Envelopes of the hour before `now`, oldest first. */
export function sampleData(key: string, now: number, random: Random = seeded(20_261_121)) {
  const shop = new Shop(key, random);
  for (let index = 0; index < OPERATIONS; index += 1) {
    const at = now - HOUR_MS + ((index + random()) * HOUR_MS) / OPERATIONS;
    shop.operation(at, at > now - HOUR_MS / 3 ? NEW : OLD);
  }
  for (let minute = 0; minute < MINUTES; minute += 1) {
    shop.minute(now - HOUR_MS + minute * 60_000 + 1_000, minute);
  }
  return shop.made.sort((a, b) => a.time.localeCompare(b.time));
}

class Shop {
  readonly made: Envelope[] = [];

  constructor(
    private readonly key: string,
    private readonly random: Random,
  ) {}

  /** One operation: a page asks the storefront, which calls the others. */
  operation(at: number, version: string): void {
    const flow = this.flow();
    const trace = this.hex(32);
    const user = `user-${1 + Math.floor(this.random() * 40)}`;
    const slow = version === NEW && flow.pays ? 1.8 : 1;
    const ms = flow.typicalMs * slow * (0.5 + this.random() + this.random() ** 6 * 4);
    const declined = flow.pays && this.random() < (version === NEW ? 0.12 : 0.03);
    const where = { trace, operation: flow.operation, version, user };
    const page = this.hex(16);
    const request = this.hex(16);
    this.add("PageViewData", at, "browser", where, "", {
      id: page,
      name: flow.operation.split(" ")[1],
      url: `https://shop.example${flow.operation.split(" ")[1]}`,
      duration: span(ms + 120 * this.random()),
    });
    this.request(at + 5, FRONTEND, where, page, request, ms, declined);
    this.call(at + 8, FRONTEND, where, request, "Redis", "cache", "GET session", ms * 0.05, false);
    if (flow.pays) {
      this.checkout(at + 10, where, request, ms, declined);
    } else {
      const found = ms * 0.6;
      this.call(at + 9, FRONTEND, where, request, "SQL", "products.db", "SELECT products", found, false);
    }
    if (this.random() < 0.3) this.line(at + 12, FRONTEND, where, request, "Basket read", 1);
  }

  /** What a minute's metrics say. */
  minute(at: number, minute: number): void {
    const where = { trace: "", operation: "", version: minute > 40 ? NEW : OLD, user: "" };
    for (const role of [FRONTEND, ORDERS, PAYMENTS]) {
      const busy = 25 + 12 * Math.sin(minute / 7) + this.random() * 15;
      this.metric(at, role, where, "\\Processor(_Total)\\% Processor Time", busy);
      this.metric(at, role, where, "queue length", Math.floor(this.random() * 9));
    }
    if (minute % 5 === 0) {
      const passes = this.random() > 0.08;
      this.add("AvailabilityData", at, "probe", where, "", {
        id: this.hex(16),
        name: "storefront answers",
        duration: span(80 + this.random() * 60),
        success: passes,
        runLocation: minute % 10 ? "east" : "west",
        message: passes ? "200 OK" : "503 Service Unavailable",
      });
    }
  }

  private checkout(at: number, where: Where, parent: string, ms: number, declined: boolean): void {
    const toOrders = this.call(at, FRONTEND, where, parent, "HTTP", ORDERS, "POST /orders", ms * 0.85, declined);
    const order = this.hex(16);
    this.request(at + 3, ORDERS, where, toOrders, order, ms * 0.8, declined, "POST /orders");
    this.call(at + 5, ORDERS, where, order, "SQL", "orders.db", "INSERT orders", ms * 0.15, false);
    const toPayments = this.call(at + 6, ORDERS, where, order, "HTTP", PAYMENTS, "POST /charge", ms * 0.5, declined);
    const charge = this.hex(16);
    this.request(at + 8, PAYMENTS, where, toPayments, charge, ms * 0.45, declined, "POST /charge");
    this.call(at + 9, PAYMENTS, where, charge, "HTTP", "cards.example", "POST /v1/charges", ms * 0.4, declined);
    if (declined) {
      this.add("ExceptionData", at + 10, PAYMENTS, where, charge, {
        exceptions: [
          {
            id: 1,
            typeName: "PaymentDeclined",
            message: "The card was declined: insufficient funds",
            hasFullStack: true,
            parsedStack: [
              { level: 0, method: "charge", fileName: "payments/cards.py", line: 42 },
              { level: 1, method: "handle", fileName: "payments/app.py", line: 17 },
            ],
          },
        ],
      });
      this.line(at + 11, PAYMENTS, where, charge, "Charge declined, telling the shop", 3);
    } else {
      this.add("EventData", at + 12, ORDERS, where, order, {
        name: "order placed",
        properties: { payment: this.random() < 0.6 ? "card" : "invoice" },
        measurements: { total: Math.round(this.random() * 9_000) / 100 },
      });
    }
  }

  private request(
    at: number,
    role: string,
    where: Where,
    parent: string,
    id: string,
    ms: number,
    failed: boolean,
    name = where.operation,
  ): void {
    this.add("RequestData", at, role, where, parent, {
      id,
      name,
      duration: span(ms),
      responseCode: failed ? "502" : "200",
      success: !failed,
      url: `http://${role}.example${name.split(" ")[1]}`,
    });
  }

  private call(
    at: number,
    role: string,
    where: Where,
    parent: string,
    type: string,
    target: string,
    name: string,
    ms: number,
    failed: boolean,
  ): string {
    const id = this.hex(16);
    this.add("RemoteDependencyData", at, role, where, parent, {
      id,
      name,
      type,
      target,
      data: type === "HTTP" ? `http://${target}${name.split(" ")[1]}` : name,
      duration: span(ms),
      resultCode: failed ? "502" : type === "HTTP" ? "200" : "0",
      success: !failed,
    });
    return id;
  }

  private line(
    at: number,
    role: string,
    where: Where,
    parent: string,
    message: string,
    severityLevel: number,
  ): void {
    this.add("MessageData", at, role, where, parent, { message, severityLevel });
  }

  private metric(at: number, role: string, where: Where, name: string, value: number): void {
    this.add("MetricData", at, role, where, "", { metrics: [{ name, value, count: 1 }] });
  }

  private add(
    baseType: string,
    at: number,
    role: string,
    where: Where,
    parent: string,
    data: Record<string, unknown>,
  ): void {
    const tags: Record<string, string> = {
      "ai.cloud.role": role,
      "ai.cloud.roleInstance": `${role}-${1 + (where.trace.charCodeAt(0) % 2 || 0)}`,
      "ai.internal.sdkVersion": SDK,
      "ai.application.ver": where.version,
    };
    if (where.trace) tags["ai.operation.id"] = where.trace;
    if (where.operation) tags["ai.operation.name"] = where.operation;
    if (where.user) tags["ai.user.id"] = where.user;
    if (parent) tags["ai.operation.parentId"] = parent;
    this.made.push({
      name: `Microsoft.ApplicationInsights.${baseType.replace(/Data$/, "")}`,
      time: new Date(at).toISOString(),
      iKey: this.key,
      tags,
      data: { baseType, baseData: { ver: 2, ...data } },
    });
  }

  private flow(): Flow {
    let left = this.random();
    return FLOWS.find((one) => (left -= one.share) < 0) ?? (FLOWS[0] as Flow);
  }

  private hex(length: number): string {
    let text = "";
    while (text.length < length) text += Math.floor(this.random() * 16).toString(16);
    return text;
  }
}

interface Where {
  trace: string;
  operation: string;
  version: string;
  user: string;
}

/** A duration as envelopes have it: d.hh:mm:ss.ffffff. */
function span(ms: number): string {
  const micros = Math.max(1, Math.round(ms * 1_000));
  const seconds = Math.floor(micros / 1e6);
  const minutes = Math.floor(seconds / 60);
  const two = (value: number) => String(value).padStart(2, "0");
  return `0.00:${two(minutes)}:${two(seconds % 60)}.${String(micros % 1e6).padStart(6, "0")}`;
}

/**
 * Forms: what a value looks like on the wire, said once for both ways. A form that does not fit its type is a
 * compile error.
 *
 * Reading checks everything; writing trusts our own code.
 */

import { Reader, WireError, Writer } from "./msgpack";

/** How values of one type are written and read. */
export interface Form<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** Yes or no. */
export const bool: Form<boolean> = {
  write: (writer, value) => writer.bool(value),
  read: (reader) => reader.bool(),
};

/** A finite number. */
export const float: Form<number> = {
  write: (writer, value) => writer.float(value),
  read(reader) {
    const value = reader.float();
    if (!Number.isFinite(value)) throw new WireError("a number that is none");
    return value;
  },
};

/** A whole number between two others, both included. */
export function whole(least: number, most: number): Form<number> {
  return {
    write: (writer, value) => writer.int(value),
    read(reader) {
      const value = reader.int();
      if (value < least || value > most) throw new WireError(`${value} is out of range`);
      return value;
    },
  };
}

export const u16 = whole(0, 0xffff);
export const u32 = whole(0, 0xffff_ffff);
export const i32 = whole(-0x8000_0000, 0x7fff_ffff);
/** 64 bits in Rust, of which 53 are ever used. */
export const u64 = whole(0, Number.MAX_SAFE_INTEGER);

/** Text of at most so many UTF-16 units, which are never more than its bytes. */
export function text(most: number): Form<string> {
  return {
    write: (writer, value) => writer.text(value),
    read(reader) {
      const value = reader.text();
      if (value.length > most) throw new WireError("a text that is too long");
      return value;
    },
  };
}

/** Bytes; what is read is a view of the message. */
export const binary: Form<Uint8Array> = {
  write: (writer, value) => writer.binary(value),
  read: (reader) => reader.binary(),
};

/** Exactly so many bytes. */
export function bytes(length: number): Form<Uint8Array> {
  return {
    write: (writer, value) => writer.binary(value),
    read(reader) {
      const value = reader.binary();
      if (value.length !== length) throw new WireError(`${value.length} bytes where there must be ${length}`);
      return value;
    },
  };
}

/** At most so many of one form. */
export function list<T>(item: Form<T>, most: number): Form<T[]> {
  return {
    write(writer, values) {
      writer.list(values.length);
      for (const value of values) item.write(writer, value);
    },
    read(reader) {
      const count = reader.list();
      if (count > most) throw new WireError("a list that is too long");
      return Array.from({ length: count }, () => item.read(reader));
    },
  };
}

/** Two of one form. */
export function pair<T>(item: Form<T>): Form<[T, T]> {
  return {
    write(writer, [first, second]) {
      writer.list(2);
      item.write(writer, first);
      item.write(writer, second);
    },
    read(reader) {
      if (reader.list() !== 2) throw new WireError("no pair");
      return [item.read(reader), item.read(reader)];
    },
  };
}

/** One, or nil. */
export function option<T>(some: Form<T>): Form<T | null> {
  return {
    write: (writer, value) => (value === null ? writer.nil() : some.write(writer, value)),
    read: (reader) => (reader.nil() ? null : some.read(reader)),
  };
}

/** One of a few words. */
export function word<T extends string>(...words: T[]): Form<T> {
  return {
    write: (writer, value) => writer.text(value),
    read(reader) {
      const value = reader.text();
      const known = words.find((word) => word === value);
      if (known === undefined) throw new WireError("an unknown word");
      return known;
    },
  };
}

/**
 * A map with these fields, written in this order. Read in any order: unknown fields are skipped, options may
 * lack.
 */
export function record<T extends object>(fields: { [K in keyof T]-?: Form<T[K]> }): Form<T> {
  const entries = Object.entries(fields) as [string, Form<unknown>][];
  const forms = new Map(entries);
  return {
    write(writer, value) {
      writer.map(entries.length);
      for (const [name, form] of entries) {
        writer.text(name);
        form.write(writer, value[name as keyof T]);
      }
    },
    read(reader) {
      const value: Record<string, unknown> = {};
      for (let left = reader.map(); left > 0; left--) {
        const name = reader.text();
        const form = forms.get(name);
        if (form === undefined) reader.skip();
        else if (name in value) throw new WireError(`${name} comes twice`);
        else value[name] = form.read(reader);
      }
      for (const [name, form] of entries) {
        if (!(name in value)) value[name] = absent(name, form);
      }
      return value as T;
    },
  };
}

/** What a field is that did not come: nil, if it may be that. */
function absent(name: string, form: Form<unknown>): unknown {
  try {
    return form.read(new Reader(NIL));
  } catch {
    throw new WireError(`${name} is missing`);
  }
}

const NIL = Uint8Array.of(0xc0);

/** The union's variants with content, by name. */
type Content<T> = { [K in T extends object ? keyof T : never]: Extract<T, Record<K, unknown>>[K] };

/** Variants with content by their forms, and bare ones as `null`. */
type Variants<T> = { [K in keyof Content<T>]: Form<Content<T>[K]> } & { [K in Extract<T, string>]: null };

/** One of several variants: the name of a bare one, else a map from the name to the content. */
export function variants<T extends string | object>(variants: Variants<T>): Form<T> {
  const forms = new Map(Object.entries(variants) as [string, Form<unknown> | null][]);
  return {
    write(writer, value) {
      if (typeof value === "string") return writer.text(value);
      const [name, content] = Object.entries(value)[0] as [string, unknown];
      writer.map(1);
      writer.text(name);
      forms.get(name)?.write(writer, content);
    },
    read(reader) {
      const bare = reader.isText();
      if (!bare && reader.map() !== 1) throw new WireError("no variant");
      const name = reader.text();
      const form = forms.get(name);
      if (form === undefined || bare !== (form === null)) throw new UnknownVariant();
      return (form === null ? name : { [name]: form.read(reader) }) as T;
    },
  };
}

/** A variant that this viewer does not know: a newer host's, or nonsense. */
export class UnknownVariant extends WireError {
  constructor() {
    super("an unknown variant");
  }
}

/** A value of an input: an integer is a `bigint`, so that none is rounded. */
export type Value = null | boolean | bigint | number | string;

/** What a policy takes from beside the request's body. */
export interface Outside {
  /** HTTP headers; names differ by more than case only. */
  headers?: Headers | Map<string, string> | Record<string, string>;
  /** Counters that the caller keeps. A whole number that is exact is an integer, too. */
  counters?: Record<string, Value>;
}

/** What to do with one request, and why. */
export interface Answer {
  /**
   * The action to take: the one decided on, or the document's fallback where
   * there is no decision. Null: there is no fallback either, and whoever asked
   * must not go on.
   */
  readonly action: string | null;
  /** Whether there was no decision. */
  readonly isFallback: boolean;
  /** The reasons of the decision, in the order they applied. */
  readonly reasons: readonly string[];
  /** Why there is no decision; null where there is one. */
  readonly error: string | null;
  /** The model's score; null where the request gives none. */
  readonly score: number | null;
  /** What was decided on, in the order of the inputs; null where the request gives none. */
  readonly values: readonly Value[] | null;
  /** What the request gives and is not read, a sentence each. */
  readonly warnings: readonly string[];
  /** Sixteen hexadecimal digits: the same whenever the same policy, settings and values meet. */
  readonly id: string;
  /** The bytes that `tollgate decide --format json` prints, without an end of line. */
  json(time?: string): string;
}

/** What a policy reads and says. */
export interface Surface {
  readonly inputs: readonly {
    readonly name: string;
    readonly kind: 'boolean' | 'integer' | 'number' | 'text';
    readonly required: boolean;
  }[];
  /** The index of the model's score among the inputs. */
  readonly score?: number;
  /** Mildest first. */
  readonly actions: readonly string[];
  readonly reasons: readonly string[];
}

/** A policy: from requests to answers. */
export interface Policy {
  readonly surface: Surface;
  readonly info: { readonly name: string; readonly version: string; readonly summary: string };
  readonly document: { readonly name: string; readonly version: string; readonly fallback: string | null };
  /**
   * Decides on one JSON request. Whatever is in it, there is an answer; throws
   * a `TypeError` only when the arguments are of the wrong type.
   */
  decide(request: string | Uint8Array | ArrayBuffer, outside?: Outside): Answer;
}

/** How a policy is opened. */
export interface Options {
  /**
   * A new instance for each call, so that nothing can leak from one request to
   * the next but through this host; some hundred microseconds each.
   */
  fresh?: boolean;
  /** Reads a file of this folder, where neither `fetch` nor a file system has it. */
  read?: (name: string) => Promise<ArrayBuffer | Uint8Array>;
}

/** Digests of the component, of the plugin that it was made from and of its settings. */
export const baked: {
  readonly component: string;
  readonly plugin: string;
  readonly settings: string;
  readonly document: string;
};

/**
 * Opens the policy. Rejects when a file is missing, cut off or another than was
 * transpiled.
 */
export function open(options?: Options): Promise<Policy>;

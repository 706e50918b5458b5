/** What a component that `tollgate bake` made says of itself. */
export interface Baked {
  /** The digest of the component: what is signed, shipped and pinned. */
  readonly component: string;
  /** The digest of the plugin that it was made from. */
  readonly plugin: string;
  /** The digest of its settings. */
  readonly settings: string;
  /** The part of its document that a host needs, as JSON. */
  readonly document: string;
}

/**
 * Reads what a component says of itself. Throws when it was not made by
 * `tollgate bake`, is cut off, or was changed since. `name` is what errors
 * call it.
 */
export function readBaked(bytes: Uint8Array, name?: string): Baked;

/**
 * Turns a baked component into the files of a folder that stands alone, by
 * their paths in it. `name` is what errors call the component.
 */
export function transpile(bytes: Uint8Array, name?: string): Promise<Map<string, Uint8Array | string>>;

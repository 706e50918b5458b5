/** Tollgate policies in Node and in browsers. */

export { readBaked } from './baked.js';
export { transpile } from './transpile.js';

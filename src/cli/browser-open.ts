// A name for open's default export: loaded later and bundled, a default would arrive wrapped in an object.
export { default as open } from 'open';

// A name for ora's default export: loaded later and bundled, a default would arrive wrapped in an object.
export { default as ora } from 'ora';

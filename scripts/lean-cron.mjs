import { readFileSync } from 'node:fs';

/** Parts of a date on the machine's own clock, as Intl.DateTimeFormat names them. */
const ownClock = `
const ownParts = {
    formatToParts: (date) => Object.entries({
        year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate(),
        hour: date.getHours(), minute: date.getMinutes(), second: date.getSeconds(),
        weekday: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getDay()],
    }).map(([type, value]) => ({ type, value: String(value) })),
};
const ownOffset = {
    formatToParts: (date) => {
        const ahead = -date.getTimezoneOffset();
        const minutes = Math.abs(ahead) % 60;
        const hours = (Math.abs(ahead) - minutes) / 60;
        const rest = minutes === 0 ? '' : ':' + String(minutes).padStart(2, '0');
        return [{ type: 'timeZoneName', value: ahead === 0 ? 'GMT' : 'GMT' + (ahead < 0 ? '-' : '+') + hours + rest }];
    },
};
`;

/**
 * node-cron asks Intl.DateTimeFormat for the time, which takes 5 MB of memory; a task without a time zone of its own
 * goes by the machine's clock, which any Date tells.
 */
export const leanCron = {
  name: 'lean-cron',
  setup({ onLoad, onEnd }) {
    let met = 0;
    onLoad({ filter: /node-cron[\\/]dist[\\/]_shared\.js$/ }, ({ path }) => {
      let text = readFileSync(path, 'utf8');
      for (const [named, own] of [
        ['getPartsFormatter', 'ownParts'],
        ['getOffsetFormatter', 'ownOffset'],
      ]) {
        const head = `function ${named}(timezone) {\n`;
        if (!text.includes(head)) throw new Error('node-cron reads the time in another way now');
        text = text.replace(head, `${head}    if (!timezone) return ${own};\n`);
      }
      met += 1;
      return { contents: text + ownClock };
    });
    onEnd(() => {
      if (met !== 1) throw new Error('node-cron keeps its clock in another file now');
    });
  },
};

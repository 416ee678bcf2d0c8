// @ts-check
/**
 * Preloaded into an engine. From its first SIGUSR2 to the second it notes V8's garbage collections, and from the third to
 * the fourth it samples what is allocated (which itself makes V8 collect); each time it prints a line of JSON.
 */
const { Session } = require('node:inspector');
const { PerformanceObserver } = require('node:perf_hooks');

const SAMPLING_INTERVAL_BYTES = 4_096;

const session = new Session();
session.connect();
/** @type {number[]} */
let pauses = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pauses.push(duration);
}).observe({ entryTypes: ['gc'] });

const steps = [
  () => {
    pauses = [];
  },
  // The observer is told a little later than the collection is.
  () => setTimeout(() => console.log(JSON.stringify({ pauses })), 100),
  () => {
    const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLING_INTERVAL_BYTES, ...collected });
  },
  () =>
    session.post('HeapProfiler.stopSampling', (_error, { profile }) => {
      console.log(JSON.stringify({ allocatedBytes: sizeOf(profile.head) }));
    }),
];
let step = 0;
process.on('SIGUSR2', () => {
  steps[step++ % steps.length]?.();
});

/** @param {import('node:inspector').HeapProfiler.SamplingHeapProfileNode} node @returns {number} */
function sizeOf({ selfSize, children }) {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize);
}

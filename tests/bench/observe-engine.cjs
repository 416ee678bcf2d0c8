// @ts-check
/**
 * Preloaded into an engine. From its first SIGUSR2 to the second it notes V8's garbage collections, and from the third to
 * the fourth it samples what is allocated (which itself makes V8 collect); each time it prints a line of JSON.
 */
const { Session } = require('node:inspector');
const { constants, PerformanceObserver } = require('node:perf_hooks');

const { NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_MINOR, NODE_PERFORMANCE_GC_INCREMENTAL } = constants;
/** @type {Record<number, string>} */
const KINDS = {
  [NODE_PERFORMANCE_GC_MINOR]: 'scavenge',
  [NODE_PERFORMANCE_GC_MAJOR]: 'full collection',
  [NODE_PERFORMANCE_GC_INCREMENTAL]: 'step of marking',
};
const SAMPLING_INTERVAL_BYTES = 4_096;

const session = new Session();
session.connect();
/** @type {[number, string][]} milliseconds, and of what */
let pauses = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail } =
      /** @type {import('node:perf_hooks').PerformanceEntry & { detail: { kind: number } }} */ (entry);
    pauses.push([entry.duration, KINDS[detail.kind] ?? 'other']);
  }
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

-- Milliseconds of all requests: the middle one, and what 95 and 99 of a hundred stay below.
function done(summary, latency)
  io.write(string.format("percentiles %9.3f %9.3f %9.3f\n", latency:percentile(50) / 1000, latency:percentile(95) / 1000,
                         latency:percentile(99) / 1000))
end

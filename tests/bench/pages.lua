-- Pages of the catalogue: QUERY, each time another one of the pages FIRST to LAST.
local query, first, last = os.getenv("QUERY"), tonumber(os.getenv("FIRST")), tonumber(os.getenv("LAST"))
local path, turn = os.getenv("API_PATH"), 0

function request()
  turn = turn + 1
  return wrk.format("GET", path .. "/courses/?" .. query .. "&page=" .. first + turn % (last - first + 1))
end

function done(summary, latency)
  io.write(string.format("percentiles %.3f %.3f\n", latency:percentile(50) / 1000, latency:percentile(95) / 1000))
end

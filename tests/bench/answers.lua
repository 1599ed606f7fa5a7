-- Learners save one answer after the other, at RATE a second over all connections; without it as fast as they can.
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

local attempts, turn = {}, 0
local rate, connections, threads = tonumber(os.getenv("RATE") or "0"), tonumber(os.getenv("CONNECTIONS")), tonumber(os.getenv("THREADS"))

function init()
  local n = 0
  for line in io.lines(os.getenv("ATTEMPTS_FILE")) do
    if n % threads == id then
      local words = {}
      for word in line:gmatch("%S+") do words[#words + 1] = word end
      attempts[#attempts + 1] = words
    end
    n = n + 1
  end
end

function request()
  local words = attempts[turn % #attempts + 1]
  local question = words[3 + math.floor(turn / #attempts * 7 + turn) % (#words - 2)]
  turn = turn + 1
  local headers = { ["Authorization"] = "Bearer " .. words[1], ["Content-Type"] = "application/json" }
  local body = '{"answer": "It is statement ' .. string.char(65 + turn % 4) .. '"}'
  return wrk.format("PUT", "/lms/api/v1/attempts/" .. words[2] .. "/answers/" .. question, headers, body)
end

if rate > 0 then
  -- What an answer takes comes on top of it.
  function delay() return math.floor(connections / rate * 1000) - 1 end
end

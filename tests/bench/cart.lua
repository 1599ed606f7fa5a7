-- Puts courses into carts and takes them out again: what came in is taken out before the next goes in. Each thread has people
-- of its own; a person's next course is another one, so that no two requests in flight are about the same item.
local counter = 0
function setup(thread)
  thread:set("id", counter)
  counter = counter + 1
end

local people, courses, waiting, turn = {}, {}, {}, 0
local path, threads = os.getenv("API_PATH"), tonumber(os.getenv("THREADS"))

function init()
  local n = 0
  for token in os.getenv("TOKENS"):gmatch("%S+") do
    if n % threads == id then
      people[#people + 1] = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json",
        ["X-Request-ID"] = tostring(#people + 1) }
    end
    n = n + 1
  end
  for course in os.getenv("COURSES"):gmatch("%S+") do courses[#courses + 1] = course end
end

function request()
  local item = table.remove(waiting, 1)
  if item then return wrk.format("DELETE", path .. "/cart/items/" .. item.id .. "/", item.headers) end
  turn = turn + 1
  local person = people[turn % #people + 1]
  local course = courses[math.floor(turn / #people) % #courses + 1]
  return wrk.format("POST", path .. "/cart/items/", person, '{"course_id":"' .. course .. '"}')
end

-- An answer does not say whose it is, but echoes the request's id.
function response(status, headers, body)
  if status ~= 201 then return end
  waiting[#waiting + 1] = { id = body:match('"id":"([^"]+)"'), headers = people[tonumber(headers["X-Request-ID"])] }
end

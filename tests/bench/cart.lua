-- One thread is one person with one connection: put a course into the cart, take it out again.
local counter = 0
function setup(thread)
  local n = 0
  for token in os.getenv("TOKENS"):gmatch("%S+") do
    if n == counter then thread:set("token", token) end
    n = n + 1
  end
  counter = counter + 1
end

local item
local path, course = os.getenv("API_PATH"), os.getenv("COURSE")

function request()
  local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  if item then return wrk.format("DELETE", path .. "/cart/items/" .. item .. "/", headers) end
  return wrk.format("POST", path .. "/cart/items/", headers, '{"course_id":"' .. course .. '"}')
end

function response(status, _, body)
  if status == 201 then item = body:match('"id":"([^"]+)"') else item = nil end
end

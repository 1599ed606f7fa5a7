// A plugin's trouble is the plugin's own.
#include "tests/cli/house/trouble_house.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("the plugin that has trouble has none before it is asked to", "[house][trouble]") {
  trouble_house h;
  CHECK_STATUS(h.at().get("/well/"), 200);
  CHECK_STATUS(h.at().get("/act/"), 200);
  CHECK_STATUS(h.at().post("/tell/", object({{"n", 7}})), 200);
  CHECK(eventually([&] { return h.at().get("/heard/").integer("n") == 1; }));
  CHECK(h.at().get("/heard/").text("says") == "7");
  CHECK(eventually([&] { return h.control()->begun("job") == 1 && h.control()->begun("observer") == 1; }));
  CHECK(h.at().post("/visit/").integer("n") == 1);
  CHECK(h.at().post("/visit/").integer("n") == 2);
}

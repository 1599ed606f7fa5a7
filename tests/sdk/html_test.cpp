#include "stoa/html.hpp"

#include <catch2/catch.hpp>

using namespace stoa;

TEST_CASE("a text is the same text inside HTML, in elements and in attributes", "[html]") {
  CHECK(escape_html(R"(<b>"O'Neil" & co</b>)") == "&lt;b&gt;&quot;O&#39;Neil&quot; &amp; co&lt;/b&gt;");
  CHECK(escape_html("Grüße, 世界") == "Grüße, 世界");
  CHECK(escape_html("").empty());
}

#include "runtime/observe/request_id.hpp"

#include <catch2/catch.hpp>

#include "stoa/ids.hpp"

using namespace stoa::runtime;

TEST_CASE("valid request ids are kept", "[request_id]") {
  for (const std::string& id : {std::string{"a"}, std::string{"Req-1.2_3"}, std::string(128, 'x')}) {
    CHECK(valid_request_id(id));
    CHECK(request_id_or_new(id) == id);
  }
}

TEST_CASE("others are replaced", "[request_id]") {
  for (const std::string& id : {std::string{}, std::string{"a b"}, std::string{"a\r\nSet-Cookie: x"}, std::string{"é"},
                                std::string{"a/b"}, std::string("a\0b", 3), std::string(129, 'x')}) {
    CHECK_FALSE(valid_request_id(id));
    CHECK(stoa::uuid::parse(request_id_or_new(id)).has_value());
  }
  CHECK(request_id_or_new("") != request_id_or_new(""));
}

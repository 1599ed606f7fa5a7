#include "runtime/store/conninfo.hpp"

#include <catch2/catch.hpp>

#include "runtime/store/plain.hpp"

using namespace stoa;
using namespace stoa::runtime;

TEST_CASE("both forms of a connection string hold any value", "[conninfo]") {
  const conninfo info{
      {"host", "/a  b,c\\d'e\t"}, {"password", "%41 ?&=#/:@[]\xC3\xA9  "}, {"options", "-c a=b  -c c=d"}};
  CHECK(parse_conninfo(write_conninfo(info)) == info);
  CHECK(parse_conninfo(write_connection_url(info)) == info);
  CHECK(write_connection_url(info).find_first_of(" \t'\\") == std::string::npos);
  CHECK(parse_conninfo(session_conninfo(write_conninfo(info), seconds{1}, seconds{1}))["password"] ==
        info.at("password"));
}

TEST_CASE("what waiting mends is told from what it does not", "[conninfo]") {
  const auto passes = [](const char* said) { return may_pass(db_error("08001", said)); };
  CHECK(passes("connection to server on socket \"/x\" failed: No such file or directory"));
  CHECK(passes("connection to server at \"db\" failed: Connection refused"));
  CHECK(passes("could not translate host name \"db\" to address: Temporary failure in name resolution"));
  CHECK(passes("FATAL:  the database system is starting up"));
  CHECK(passes("FATAL:  sorry, too many clients already"));
  CHECK_FALSE(passes("FATAL:  password authentication failed for user \"stoa\""));
  CHECK_FALSE(passes("FATAL:  database \"stoa\" does not exist"));
  CHECK_FALSE(passes("SSL error: certificate verify failed"));
  CHECK_FALSE(passes("root certificate file \"/x/root.crt\" does not exist"));
  CHECK_FALSE(may_pass(db_error("42601", "syntax error")));
}

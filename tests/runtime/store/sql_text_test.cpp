#include "runtime/store/sql_text.hpp"

#include <catch2/catch.hpp>

using namespace stoa::runtime;

TEST_CASE("a script that leaves its role is found, one that speaks of roles is not", "[sql_text]") {
  CHECK(changes_role("set role stoa"));
  CHECK(changes_role("create table a ();\n RESET  ROLE; drop table account"));
  CHECK(changes_role("set local role none;"));
  CHECK(changes_role("set session authorization stoa"));
  CHECK(changes_role("reset session authorization"));
  CHECK(changes_role("set role = 'stoa'"));
  CHECK(changes_role("do $$ begin set local role none; end $$"));
  CHECK(changes_role("do $x$ begin if true then reset role; end if; end $x$"));
  CHECK(changes_role("select set_config( 'role', 'none', true)"));
  CHECK(changes_role("/* a */ set -- b\n role /* c */ stoa"));
  CHECK_FALSE(changes_role("update member set role = 'owner'"));
  CHECK_FALSE(changes_role("insert into m values (1) on conflict (id) do update set role = excluded.role"));
  CHECK_FALSE(changes_role("-- set role stoa\n/* reset role; /* nested */ set role x */ create table a (role text)"));
  CHECK_FALSE(changes_role("insert into a values ('; set role stoa'), (E'\\'; set role stoa')"));
  CHECK_FALSE(changes_role("set local search_path = x; select set_config('stoa.acting', 'system', true)"));
  CHECK_FALSE(changes_role(""));
}

TEST_CASE("placeholders become numbers, and nothing else does", "[sql_text]") {
  CHECK(numbered_placeholders("select :p1::text, :p12") == "select $1::text, $12");
  CHECK(numbered_placeholders("select ':p1', \":p2\", $$:p3$$ -- :p4\n, a[1:p5]") ==
        "select ':p1', \":p2\", $$:p3$$ -- :p4\n, a[1$5]");
  CHECK(numbered_placeholders("select a::p1, :q1, :p, :p1x") == "select a::p1, :q1, :p, :p1x");
  CHECK(numbered_placeholders("select 'it''s :p1', :p1") == "select 'it''s :p1', $1");
}

// The second wall: rows of a person are there only for the acting person, whatever a statement asks for.
#include <catch2/catch.hpp>

#include "runtime/store/migrate.hpp"
#include "runtime/store/store.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr statement make_account{"test.account", R"(
  insert into account (id, email, email_key, password_hash, created_at, updated_at)
  values (:p1::uuid, :p2::text, :p2::text, '', now(), now()))"};
constexpr statement make_cart{"test.make_cart", R"(
  insert into cart (user_id, id, updated_at) values (:p1::uuid, gen_random_uuid(), now()))"};
constexpr statement carts_of{"test.carts_of", R"(
  select user_id from cart where user_id = :p1::uuid)"};
constexpr statement change_cart{"test.change_cart", R"(
  update cart set version = version + 1 where user_id = :p1::uuid returning version)"};
constexpr statement all_carts{"test.all_carts", "select user_id from cart"};

}  // namespace

TEST_CASE("row-level security shows people their own rows and nobody else's", "[store][security]") {
  const auto connection = test_postgres::shared().fresh_database();
  runtime::migrate_options core;
  core.connection = connection;
  core.folder = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "migrations";
  runtime::migrate(core);
  runtime::store_options options;
  options.connection = connection;
  options.command_workers = options.read_workers = 1;
  runtime::store db{options};

  const auto ada = user_id::make(), bob = user_id::make();
  REQUIRE(run_now(db, make_account, {ada, "ada@example.com"}));
  REQUIRE(run_now(db, make_account, {bob, "bob@example.com"}));
  REQUIRE(run_now(db, make_cart, {ada}, lane::commands, acts_as(ada)));

  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as(ada))->size() == 1);
  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as_system())->size() == 1);
  CHECK(run_now(db, carts_of, {ada}, lane::commands, acts_as(bob))->empty());
  CHECK(run_now(db, change_cart, {ada}, lane::commands, acts_as(bob))->empty());
  CHECK(run_now(db, change_cart, {ada}, lane::commands, acts_as(ada))->size() == 1);
  // The setting ends with its transaction: without it there is nothing to be seen.
  CHECK(run_now(db, all_carts)->empty());
  // Nor can anybody write in somebody else's name.
  auto forged = run_now(db, make_cart, {bob}, lane::commands, acts_as(ada));
  CHECK_FALSE(forged);
  CHECK(run_now(db, carts_of, {bob}, lane::commands, acts_as_system())->empty());
}

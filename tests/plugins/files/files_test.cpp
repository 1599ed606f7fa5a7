#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "tests/plugins/files/files_bench.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const auto ada = plugin_bench::signed_in(user_id::make());
const auto bob = plugin_bench::signed_in(user_id::make());

/// A storage that is away for what a test says.
class broken_store final : public media_store {
 public:
  explicit broken_store(media_store& inner) : inner_(inner) {}
  std::atomic<bool> puts{true}, removes{true};

  task<done> put(std::string name, std::string_view bytes, std::string type) override {
    if (!puts) return away<done>();
    return inner_.put(std::move(name), bytes, std::move(type));
  }
  task<done> remove(std::string name) override { return removes ? inner_.remove(std::move(name)) : away<done>(); }
  task<media_content> open(std::string n, media_showing h) override { return inner_.open(std::move(n), std::move(h)); }
  task<std::string> read(std::string n, std::uint64_t f, std::uint64_t c) override { return inner_.read(n, f, c); }
  task<std::optional<media_object>> head(std::string n) override { return inner_.head(std::move(n)); }
  task<media_upload> begin(std::string n, std::string t) override { return inner_.begin(std::move(n), std::move(t)); }
  task<media_upload> append(media_upload t, std::string_view b) override { return inner_.append(std::move(t), b); }
  task<done> finish(media_upload of) override { return inner_.finish(std::move(of)); }
  task<std::vector<media_object>> list(std::string p, std::string a, std::size_t m) override {
    return inner_.list(std::move(p), std::move(a), m);
  }

 private:
  template <class T>
  static task<T> away() {
    co_return fault::unavailable("The storage is away.");
  }
  media_store& inner_;
};

}  // namespace

TEST_CASE("an upload is stored, listed, handed out and taken away by its owner alone", "[files]") {
  files_bench b;
  const auto made = b.upload(ada, b.form("%PDF-1.4\nhello", "Thesis.PDF", "application/pdf"));
  const auto body = plugin_bench::body_of(made);
  CHECK(made.value().status == 201);
  CHECK(plugin_bench::text(body, "original_filename") == "Thesis.PDF");
  CHECK(plugin_bench::text(body, "stored_filename").ends_with(".pdf"));
  CHECK(plugin_bench::text(body, "content_type") == "application/pdf");
  CHECK(body.find("file_size")->as_integer() == 14);
  const auto id = plugin_bench::text(body, "id");
  const files_bench::fields path{{"file_id", id}};

  CHECK(plugin_bench::body_of(b.call(verb::get, "/files", ada)).find("count")->as_integer() == 1);
  CHECK(plugin_bench::body_of(b.call(verb::get, "/files", bob)).find("count")->as_integer() == 0);
  CHECK(plugin_bench::text(plugin_bench::body_of(b.call(verb::get, "/files/{file_id}", ada, {}, {}, path)), "id") ==
        id);
  for (const auto* pattern : {"/files/{file_id}", "/files/{file_id}/download"})
    CHECK(plugin_bench::refusal(b.call(verb::get, pattern, bob, {}, {}, path)) == "FILE_NOT_FOUND");
  CHECK(plugin_bench::refusal(b.call(verb::del, "/files/{file_id}", bob, {}, {}, path)) == "FILE_NOT_FOUND");

  const auto to = b.call(verb::get, "/files/{file_id}/download", ada, {}, {}, path);
  REQUIRE(to);
  CHECK(to.value().status == 302);
  const auto link = b.field_of(to.value(), "Location");
  const auto begin = "http://stoa.test/api/v1/files/" + id + "/content?expires=";
  REQUIRE(link.starts_with(begin));
  const auto amp = link.find("&signature=");
  const files_bench::fields query{{"expires", link.substr(begin.size(), amp - begin.size())},
                                  {"signature", link.substr(amp + 11)}};
  const auto got = b.call(verb::get, "/files/{file_id}/content", {}, {}, {}, path, query);
  REQUIRE(got);
  CHECK(got.value().body_text() == "%PDF-1.4\nhello");
  CHECK(got.value().content_type == "application/pdf");
  CHECK(b.field_of(got.value(), "Content-Disposition") == "attachment; filename=\"Thesis.PDF\"");

  // Of another file, and after its time, the link is none.
  const auto other = b.stored(ada);
  CHECK(plugin_bench::refusal(b.call(verb::get, "/files/{file_id}/content", {}, {}, {}, {{"file_id", other}}, query)) ==
        "LINK_INVALID");
  b.bench.time.advance(minutes{6});
  CHECK(plugin_bench::refusal(b.call(verb::get, "/files/{file_id}/content", {}, {}, {}, path, query)) ==
        "LINK_EXPIRED");

  CHECK(b.call(verb::del, "/files/{file_id}", ada, {}, {}, path).value().status == 204);
  CHECK(plugin_bench::refusal(b.call(verb::del, "/files/{file_id}", ada, {}, {}, path)) == "FILE_NOT_FOUND");
  CHECK(b.files_on_disk() == 1);
  CHECK(b.one("select count(*) from plugin_files.file") == "1");
  CHECK(b.one("select bytes || ' ' || files from plugin_files.usage") == "12 1");
}

TEST_CASE("what is no upload is refused, and nothing is left of it", "[files]") {
  files_bench b(plugin_bench::written{{"max_upload", "4096"}});
  const auto multipart = files_bench::fields{{"content-type", "multipart/form-data; boundary=b"}};
  CHECK(plugin_bench::refusal(b.call(verb::post, "/files/upload", ada, "{}", {{"content-type", "application/json"}})) ==
        "UNSUPPORTED_MEDIA_TYPE");
  CHECK(plugin_bench::refusal(b.call(verb::post, "/files/upload", ada, "--b", multipart)) == "MALFORMED_FORM");
  CHECK(plugin_bench::bad_fields(b.upload(ada, b.form("x", "x.txt", "text/plain", "other"))) == "file");
  CHECK(plugin_bench::bad_fields(b.upload(ada, b.form("", "x.txt"))) == "file");
  CHECK(plugin_bench::bad_fields(b.upload(ada, b.form("", ""))) == "file");
  CHECK(plugin_bench::refusal(b.upload(ada, b.form("<html><script>", "x.html", "text/html"))) ==
        "FILE_TYPE_NOT_ALLOWED");
  CHECK(plugin_bench::refusal(b.upload(ada, b.form("<!DOCTYPE html><html><script>", "x.pdf", "application/pdf"))) ==
        "FILE_TYPE_MISMATCH");
  CHECK(b.files_on_disk() == 0);
  CHECK(b.one("select count(*) from plugin_files.file") == "0");
}

TEST_CASE("a person's room is exact, however many uploads come at once", "[files]") {
  files_bench b({{"quota", "120"}, {"per_user", "100"}});
  std::atomic<int> stored{0}, refused{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < 20; ++i)
    senders.emplace_back([&] {
      const auto r = b.upload(ada, b.form("plain words\n"));
      if (r && r.value().status == 201)
        ++stored;
      else if (!r && r.refusal().code == "QUOTA_EXCEEDED")
        ++refused;
    });
  for (auto& t : senders) t.join();
  CHECK(stored == 10);
  CHECK(refused == 10);
  CHECK(b.files_on_disk() == 10);
  CHECK(b.one("select bytes || ' ' || files from plugin_files.usage") == "120 10");
  // Others have theirs, and what is taken away makes room.
  b.stored(bob);
  const auto id = b.one("select id from plugin_files.file where user_id = '" + ada.user.str() + "' limit 1");
  REQUIRE(b.call(verb::del, "/files/{file_id}", ada, {}, {}, {{"file_id", id}}));
  b.stored(ada);
  CHECK(plugin_bench::refusal(b.upload(ada, b.form("x"))) == "QUOTA_EXCEEDED");
}

TEST_CASE("an upload that did not come to its end leaves nothing behind", "[files]") {
  files_bench b;
  // As a server leaves it that is killed before the answer: with the object, and before it.
  b.stored(ada);
  REQUIRE(b.one("update plugin_files.file set state = 'arriving', due_at = uploaded_at + interval '10 minutes' "
                "returning 1") == "1");
  b.sweep();
  CHECK(b.files_on_disk() == 1);
  b.bench.time.advance(minutes{11});
  b.sweep();
  CHECK(b.files_on_disk() == 0);
  CHECK(b.one("select count(*) from plugin_files.file") == "0");
  CHECK(b.one("select bytes || ' ' || files from plugin_files.usage") == "0 0");
}

TEST_CASE("while the storage is away uploads are put off, and what is taken away goes later", "[files]") {
  files_bench b;
  broken_store broken(*b.store);
  b.bench.host.areas.take(media_store::interface, "");
  CHECK(plugin_bench::refusal(b.upload(ada, b.form("plain words\n"))) == "STORAGE_UNAVAILABLE");
  b.bench.host.areas.offer<media_store>(broken);
  broken.puts = false;
  CHECK(b.upload(ada, b.form("plain words\n")).refusal().kind == fault_kind::unavailable);
  CHECK(b.one("select count(*) from plugin_files.file") == "0");
  broken.puts = true;
  const auto id = b.stored(ada);
  broken.removes = false;
  CHECK(b.call(verb::del, "/files/{file_id}", ada, {}, {}, {{"file_id", id}}));
  CHECK(plugin_bench::refusal(b.call(verb::get, "/files/{file_id}", ada, {}, {}, {{"file_id", id}})) ==
        "FILE_NOT_FOUND");
  b.sweep();
  CHECK(b.files_on_disk() == 1);
  CHECK(b.one("select state from plugin_files.file") == "leaving");
  broken.removes = true;
  b.sweep();
  CHECK(b.files_on_disk() == 1);
  b.bench.time.advance(minutes{2});
  b.sweep();
  CHECK(b.files_on_disk() == 0);
  CHECK(b.one("select count(*) from plugin_files.file") == "0");
}

TEST_CASE("an object that no row names is dropped when it has lain there for long", "[files]") {
  files_bench b;
  b.stored(ada);
  REQUIRE(wait_for<done>(b.store->put("files/ab/orphan.bin", "x", "text/plain")));
  REQUIRE(wait_for<done>(b.store->put("others/ab/orphan.bin", "x", "text/plain")));
  const auto work = b.bench.host.periodic.at("orphans");
  // The disk knows the machine's time.
  b.bench.time.set(system_clock().now() + days{6});
  REQUIRE(wait_for<done>(work()));
  CHECK(b.files_on_disk() == 3);
  b.bench.time.advance(days{2});
  REQUIRE(wait_for<done>(work()));
  CHECK(b.files_on_disk() == 2);
  CHECK(!wait_for<std::optional<media_object>>(b.store->head("files/ab/orphan.bin")).value());
}

TEST_CASE("rows of files are their owners' in the database, too", "[files]") {
  files_bench b;
  b.stored(ada);
  const auto seen = [&](const acting& who) { return b.bench.one("select count(*) from plugin_files.file", who); };
  CHECK(seen(acts_as_system()) == "1");
  CHECK(seen(acts_as(ada.user)) == "1");
  CHECK(seen(acts_as(bob.user)) == "0");
}

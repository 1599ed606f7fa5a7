// The files plugin over a real database and a real folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "plugins/media/disk_store.hpp"
#include "tests/plugins/support/plugin_bench.hpp"

extern "C" const stoa::plugin_entry* stoa_files_entry();

namespace stoa::testing {

class files_bench {
 public:
  explicit files_bench(plugin_bench::written settings = {})
      : bench(*stoa_files_entry(), http_, std::move(settings)),
        store(std::make_shared<stoa_plugin::media::disk_store>(folder() / "media", threads_, log)) {
    bench.host.areas.offer<media_store>(std::static_pointer_cast<media_store>(store));
  }

  std::filesystem::path folder() const { return dir_.path(); }
  std::size_t files_on_disk() const {
    std::size_t n = 0;
    for (const auto& e : std::filesystem::recursive_directory_iterator(folder())) n += e.is_regular_file();
    return n;
  }

  static std::string form(const std::string& content, const std::string& filename = "notes.txt",
                          const std::string& type = "text/plain", const std::string& field = "file") {
    return "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\"" + filename +
           "\"\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n--b--\r\n";
  }
  using fields = std::vector<std::pair<std::string, std::string>>;
  result<reply> call(verb v, const std::string& pattern, const caller& who, std::string body = {}, fields headers = {},
                     fields path = {}, fields query = {}) {
    request q;
    q.who = who;
    q.dialect = dialect("lms");
    q.now = bench.time.now();
    q.base_url = "http://stoa.test/api/v1";
    q.body = std::move(body);
    q.headers = std::move(headers);
    q.path_params = std::move(path);
    q.query_params = std::move(query);
    return wait_for<reply>(bench.host.find(dialect("lms"), v, pattern).run(q));
  }
  result<reply> upload(const caller& who, const std::string& body) {
    return call(verb::post, "/files/upload", who, body, {{"content-type", "multipart/form-data; boundary=b"}});
  }
  std::string stored(const caller& who, const std::string& content = "plain words\n") {
    return plugin_bench::text(plugin_bench::body_of(upload(who, form(content))), "id");
  }
  void sweep() { REQUIRE(wait_for<done>(bench.host.periodic.at("sweep")())); }
  std::string one(const std::string& sql) { return bench.one(sql); }

  static std::string field_of(const reply& r, const std::string& name) {
    for (const auto& [n, v] : r.headers)
      if (n == name) return v;
    return "none";
  }

 private:
  no_http http_;
  temp_dir dir_;
  inline_offload threads_;

 public:
  memory_log log;
  plugin_bench bench;
  std::shared_ptr<stoa_plugin::media::disk_store> store;
};

}  // namespace stoa::testing

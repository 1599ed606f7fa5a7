// The files plugin: settings, and what it is made of.
#include <array>
#include <memory>

#include "files_area.hpp"
#include "stoa/plugin.hpp"
#include "stoa/text.hpp"
#include "tus_area.hpp"

namespace stoa_plugin::files {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

constexpr std::int64_t mebibyte = 1 << 20;

const std::array<setting, 10>& settings() {
  static const std::array<setting, 10> all{{
      {"max_upload",
       setting_type::integer,
       "33554432",
       "Bytes of the largest file that comes in one request",
       {},
       false,
       1024,
       1024 * mebibyte},
      {"max_part",
       setting_type::integer,
       "8388608",
       "Bytes of the largest part of an upload in parts",
       {},
       false,
       1024,
       1024 * mebibyte},
      {"max_size",
       setting_type::integer,
       "2147483648",
       "Bytes of the largest file that comes in parts",
       {},
       false,
       1024,
       std::int64_t{1} << 50},
      {"quota",
       setting_type::integer,
       "5368709120",
       "Bytes that the files of one person may have together",
       {},
       false,
       0,
       std::int64_t{1} << 50},
      {"per_user", setting_type::integer, "10000", "Files one person may have", {}, false, 0, 10'000'000},
      {"types",
       setting_type::text_list,
       "application/pdf,image/png,image/jpeg,image/gif,image/webp,text/plain,text/csv,text/markdown,text/vtt,"
       "application/json,application/zip,application/rtf,application/msword,application/vnd.ms-excel,"
       "application/vnd.ms-powerpoint,application/vnd.openxmlformats-officedocument.wordprocessingml.document,"
       "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,"
       "application/vnd.openxmlformats-officedocument.presentationml.presentation,"
       "application/vnd.oasis.opendocument.text,application/vnd.oasis.opendocument.spreadsheet,"
       "application/vnd.oasis.opendocument.presentation,application/epub+zip,audio/mpeg,audio/mp4,audio/ogg,audio/wav,"
       "audio/webm,audio/flac,video/mp4,video/webm,video/ogg,video/quicktime",
       "Content types that are accepted; what a file's bytes look like has to agree",
       {}},
      {"upload_life",
       setting_type::duration,
       "24h",
       "How long an upload in parts waits for its next part, until what came of it is dropped",
       {}},
      {"sweep_every",
       setting_type::duration,
       "1m",
       "How often is looked for what uploads have left that did not come to their end",
       {}},
      {"orphans_after",
       setting_type::duration,
       "7d",
       "How long an object lies in the storage that no row names, before it is dropped",
       {}},
      {"link_life", setting_type::duration, "5m", "How long the link of a download is good", {}},
  }};
  return all;
}

class files_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    const auto& s = host.settings();
    options_.limits.quota = s.integer("quota");
    options_.limits.most_files = s.integer("per_user");
    for (const auto& type : s.text_list("types")) {
      const auto slash = type.find('/');
      if (slash == 0 || slash == type.npos || slash + 1 == type.size())
        throw settings_error("types: expected content types such as \"image/png\", found \"" + type + "\"");
      options_.limits.types.push_back(ascii_lower(type));
    }
    options_.upload_life = s.duration("upload_life");
    if (options_.upload_life < minutes{1}) throw settings_error("upload_life: expected 1m or more");
    options_.link_life = std::chrono::duration_cast<seconds>(s.duration("link_life"));
    if (options_.link_life < seconds{1} || options_.link_life > days{7})
      throw settings_error("link_life: expected 1s to 7d");
    options_.orphans_after = s.duration("orphans_after");
    if (options_.orphans_after < hours{1}) throw settings_error("orphans_after: expected 1h or more");
    sweep_every_ = s.duration("sweep_every");
    if (sweep_every_ < milliseconds{100} || sweep_every_ > days{1})
      throw settings_error("sweep_every: expected 100ms to 1d");
    max_upload_ = static_cast<std::size_t>(s.integer("max_upload"));
    in_parts_.largest_part = static_cast<std::size_t>(s.integer("max_part"));
    in_parts_.largest = s.integer("max_size");
    files_ = std::make_shared<keeper>(host, options_);
  }

  void wire(plugin_host& host) override {
    auto& routes = host.routes(dialect("lms"));
    files_area::mount(routes, std::make_shared<files_area>(files_, link_signer(host.signing_keys("downloads"))),
                      max_upload_);
    tus_area::mount(routes, std::make_shared<tus_area>(host, files_, in_parts_));
    host.every("sweep", sweep_every_, [files = files_] { return files->sweep(); });
    host.every("orphans", hours{6}, [files = files_] { return files->drop_orphans(); });
  }

 private:
  keeper_options options_;
  tus_options in_parts_;
  milliseconds sweep_every_{};
  std::size_t max_upload_ = 0;
  std::shared_ptr<keeper> files_;
};

}  // namespace

}  // namespace stoa_plugin::files

STOA_PLUGIN("files", "1.0.0", stoa_plugin::files::files_plugin, stoa_plugin::files::settings())

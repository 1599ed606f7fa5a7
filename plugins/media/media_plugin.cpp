// The media plugin: settings, and the point that it offers.
#include <array>
#include <memory>
#include <optional>

#include "disk_store.hpp"
#include "s3_store.hpp"
#include "stoa/areas/storage.hpp"
#include "stoa/plugin.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::media {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 9>& settings() {
  static const std::array<setting, 9> all{{
      {"store",
       setting_type::text,
       "disk",
       "Where files are kept: disk (of this server) or s3 (a bucket, which several servers share)",
       {"disk", "s3"}},
      {"folder", setting_type::text, "", "The folder on the disk; empty: below the server's data directory", {}},
      {"endpoint", setting_type::text, "", "The S3 service, an address without a path", {}},
      {"region", setting_type::text, "us-east-1", "Its region", {}},
      {"bucket", setting_type::text, "", "The bucket; the server does not make it", {}},
      {"prefix", setting_type::text, "", "What the names of all objects begin with", {}},
      {"access_key", setting_type::text, "", "Signs calls with this key", {}},
      {"secret_key", setting_type::text, "", "And this secret", {}, true},
      {"timeout", setting_type::duration, "30s", "How long one call to the service may take", {}},
  }};
  return all;
}

bool is_bucket(const std::string& name) {
  return name.size() >= 3 && name.size() <= 63 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == name.npos;
}

s3_options s3_settings(const settings_view& s) {
  s3_options o;
  o.endpoint = s.text("endpoint");
  while (o.endpoint.ends_with('/')) o.endpoint.pop_back();
  const auto scheme = o.endpoint.find("://");
  if (!looks_like_http_url(o.endpoint) || o.endpoint.find_first_of("/?#", scheme + 3) != o.endpoint.npos)
    throw settings_error("endpoint: expected an address such as \"https://s3.example.org\" for store \"s3\", found \"" +
                         o.endpoint + "\"");
  o.bucket = s.text("bucket");
  if (!is_bucket(o.bucket))
    throw settings_error("bucket: expected the name of a bucket for store \"s3\", found \"" + o.bucket + "\"");
  o.prefix = s.text("prefix");
  if (!o.prefix.empty() && (!o.prefix.ends_with('/') || !valid_media_name(o.prefix.substr(0, o.prefix.size() - 1))))
    throw settings_error(
        "prefix: expected small letters and digits with a slash at the end, such as \"stoa/\", found \"" + o.prefix +
        "\"");
  o.keys = {s.text("access_key"), s.text("secret_key"), s.text("region")};
  if (o.keys.access_key.empty() || o.keys.secret_key.empty() || o.keys.region.empty())
    throw settings_error("access_key, secret_key, region: expected all of them for store \"s3\"");
  o.timeout = s.duration("timeout");
  if (o.timeout < seconds{1} || o.timeout > minutes{10}) throw settings_error("timeout: expected 1s to 10m");
  return o;
}

class media_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    const auto& s = host.settings();
    folder_ = s.text("folder");
    if (!folder_.empty() && !folder_.is_absolute()) throw settings_error("folder: expected an absolute path");
    if (s.text("store") != "s3") return;
    bucket_ = s3_settings(s);
    if (host.production() && !bucket_->endpoint.starts_with("https://"))
      host.log().warn("files go to the storage in the clear: [plugins.media] endpoint is not https");
  }

  void wire(plugin_host& host) override {
    if (bucket_) {
      host.offer<media_store>(
          std::make_shared<s3_store>(*bucket_, host.http(), host.offload(), host.clock(), host.log()));
      return;
    }
    if (folder_.empty()) folder_ = host.use<local_folders>().folder("media");
    host.offer<media_store>(std::make_shared<disk_store>(folder_, host.offload(), host.log()));
  }

 private:
  std::filesystem::path folder_;
  std::optional<s3_options> bucket_;
};

}  // namespace

}  // namespace stoa_plugin::media

STOA_PLUGIN("media", "1.0.0", stoa_plugin::media::media_plugin, stoa_plugin::media::settings())

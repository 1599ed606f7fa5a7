// Media in a bucket of an S3 service.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3_signature.hpp"
#include "stoa/areas/media.hpp"
#include "stoa/http_client.hpp"
#include "stoa/log.hpp"
#include "stoa/offload.hpp"
#include "stoa/time.hpp"

namespace stoa_plugin::media {

struct s3_options {
  std::string endpoint;  ///< `https://s3.eu-central-1.amazonaws.com`, without a path
  std::string bucket;
  std::string prefix;  ///< before every name: empty, or `stoa/`
  s3_keys keys;
  stoa::milliseconds timeout = stoa::seconds{30};  ///< of one call
};

/// What the parts of an upload came to so far, as media_upload::state keeps it. Parts of fewer than 5 MiB are no parts
/// to S3: what is shorter waits in an object of its own (the tail) for the next bytes, or for the end.
struct s3_progress {
  std::string upload;              ///< S3's id; empty: no part was large enough yet
  std::string type;                ///< the object's content type
  std::vector<std::string> etags;  ///< of its parts
  std::string tail, tail_before;   ///< names of objects: that of now, and the one that may go with the next bytes
  std::uint64_t tail_size = 0;

  std::string text() const;
  static std::optional<s3_progress> read(std::string_view text);
};

/// What stands between two tags, one for each time they stand there.
std::vector<std::string> xml_texts(std::string_view xml, std::string_view tag);

class s3_store final : public stoa::media_store {
 public:
  s3_store(s3_options options, stoa::http_client& http, stoa::offload& computing, const stoa::clock& time,
           stoa::logger& log);

  stoa::task<stoa::done> put(std::string name, std::string_view bytes, std::string content_type) override;
  stoa::task<stoa::media_content> open(std::string name, stoa::media_showing how) override;
  stoa::task<std::string> read(std::string name, std::uint64_t from, std::uint64_t count) override;
  stoa::task<std::optional<stoa::media_object>> head(std::string name) override;
  stoa::task<stoa::done> remove(std::string name) override;
  stoa::task<stoa::media_upload> begin(std::string name, std::string content_type) override;
  stoa::task<stoa::media_upload> append(stoa::media_upload to, std::string_view bytes) override;
  stoa::task<stoa::done> finish(stoa::media_upload of) override;
  stoa::task<std::vector<stoa::media_object>> list(std::string prefix, std::string after, std::size_t most) override;

 private:
  struct call {
    std::string method;
    std::string name;  ///< of an object; empty: the bucket
    s3_query query = {};
    std::string body = {};
    std::string type = {};
    std::string range = {};
    std::size_t most = 1 << 20;  ///< bytes of the answer
  };
  /// Whatever was answered but 403 and 5xx, which are `unavailable`.
  stoa::task<stoa::http_response> send(call c);
  stoa::task<stoa::done> send_expecting_success(call c);
  stoa::task<std::string> put_part(s3_progress p, std::string name, std::string bytes);
  stoa::task<std::string> begin_parts(std::string name, std::string type);
  stoa::task<stoa::done> drop_uploads(std::string name);
  stoa::task<stoa::done> drop_tails(std::string name);
  std::string path_of(std::string_view name) const;
  stoa::fault away(std::string_view what, const std::string& why) const;

  const s3_options options_;
  const std::string host_;
  stoa::http_client& http_;
  stoa::offload& computing_;
  const stoa::clock& time_;
  stoa::logger& log_;
};

}  // namespace stoa_plugin::media

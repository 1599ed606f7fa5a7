// Media on the server's own disk.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/media.hpp"
#include "stoa/log.hpp"
#include "stoa/offload.hpp"

namespace stoa_plugin::media {

/// Files below a folder: `objects/<name>` what is whole, `parts/<name>` what is on its way there. All of it blocks on
/// the disk; faults are as media_store has them. Thread-safe: of two who write one object the second is refused.
class disk_files {
 public:
  explicit disk_files(std::filesystem::path root);

  stoa::result<stoa::done> put(const std::string& name, std::string_view bytes) const;
  stoa::result<std::shared_ptr<const stoa::open_file>> open(const std::string& name) const;
  stoa::result<std::string> read(const std::string& name, std::uint64_t from, std::uint64_t count) const;
  stoa::result<std::optional<stoa::media_object>> head(const std::string& name) const;
  stoa::result<stoa::done> remove(const std::string& name) const;
  stoa::result<stoa::media_upload> append(stoa::media_upload to, std::string_view bytes) const;
  stoa::result<stoa::done> finish(const stoa::media_upload& of) const;
  stoa::result<std::vector<stoa::media_object>> list(const std::string& prefix, const std::string& after,
                                                     std::size_t most) const;

 private:
  std::filesystem::path object(const std::string& name) const { return root_ / "objects" / name; }
  std::filesystem::path part(const std::string& name) const { return root_ / "parts" / name; }
  const std::filesystem::path root_;
};

/// The same for coroutines, on threads that may block.
class disk_store final : public stoa::media_store {
 public:
  disk_store(std::filesystem::path root, stoa::offload& threads, stoa::logger& log)
      : files_(std::make_shared<const disk_files>(std::move(root))), threads_(threads), log_(log) {}

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
  template <class Work>
  auto run(const char* what, std::string name, Work work);

  const std::shared_ptr<const disk_files> files_;
  stoa::offload& threads_;
  stoa::logger& log_;
};

}  // namespace stoa_plugin::media

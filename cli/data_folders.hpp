// Folders of the data directory that plugins keep files in.
#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "stoa/areas/storage.hpp"

namespace stoa::cli {

class data_folders final : public local_folders {
 public:
  explicit data_folders(const std::filesystem::path& data) : files_(std::filesystem::absolute(data) / "files") {}

  std::filesystem::path folder(const std::string& part) const override {
    const bool word = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!word) throw std::invalid_argument("a folder for files is called by a word, not \"" + part + "\"");
    return files_ / part;
  }

 private:
  const std::filesystem::path files_;
};

}  // namespace stoa::cli

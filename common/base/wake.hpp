#pragma once

namespace stalewatch {

/// Wakes a thread out of its poll(), from any other.
class Wake {
 public:
  /// Throws std::system_error when there are no more descriptors.
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  /// Readable from wake() until take(), however often it was woken.
  int fd() const { return fd_; }
  void wake() const;
  /// False: nobody has woken it.
  bool take() const;

 private:
  int fd_;
};

}  // namespace stalewatch

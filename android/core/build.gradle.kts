// Built outside CI. What CI builds and tests is pom.xml, from the same sources; versions are the same in both.
plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.4.21"
}

android {
    namespace = "mn.emongolia.core"
    compileSdk = 36
    ndkVersion = "28.2.13676358" // r28: libraries are aligned to 16 KB pages, as Android 15 asks
    defaultConfig {
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
    }
    sourceSets["main"].apply {
        java.srcDirs("src/main/kotlin", "../../target/bindings/kotlin") // cargo xtask bindgen
        jniLibs.srcDir("../../target/android") // cargo ndk
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
    implementation("net.java.dev.jna:jna:5.19.1@aar")
}
